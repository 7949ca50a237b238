import { sql } from "kysely";
import { escapeIdentifier } from "pg";
import { OffingError } from "#core/errors.ts";
import type { Db, Guarded, Protection } from "./engine.ts";
import { WRITER_ROLE } from "./postgres-connection.ts";

/**
 * Makes the triggers and the writer role's rights in one schema what they must be.
 *
 * The triggers fire also for a superuser and in a replication session; the role holds no right to update, truncate or drop what only
 * grows.
 */
export async function protectSchema(tx: Db, { schema, protection }: { schema: string; protection: Protection }): Promise<void> {
  await ensureFunctions(tx, schema);
  for (const guarded of protection.guarded) await guardTable(tx, guarded);
  await grantRights(tx, { schema, protection });
}

/** Two trigger functions: one lets a DELETE through under an open prune record, the other nothing. */
async function ensureFunctions(tx: Db, schema: string): Promise<void> {
  const present = await sql`SELECT 1 FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = ${schema} AND p.proname = 'append_only_unless_pruned'`.execute(tx);
  if (present.rows.length > 0) return;
  const refuse = `RAISE EXCEPTION 'append-only: % of %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';`;
  // The search path is fixed so that nobody's own prune_records can stand in for ours.
  const head = `RETURNS trigger LANGUAGE plpgsql SET search_path = ${escapeIdentifier(schema)}, pg_temp AS`;
  await sql.raw(`CREATE FUNCTION append_only() ${head} $$ BEGIN ${refuse} END $$`).execute(tx);
  await sql
    .raw(`CREATE FUNCTION append_only_unless_pruned() ${head} $$ BEGIN
      IF EXISTS (SELECT 1 FROM prune_records r WHERE r.table_name = TG_TABLE_NAME AND OLD.seq BETWEEN r.from_seq AND r.to_seq
        AND NOT EXISTS (SELECT 1 FROM prune_closures c WHERE c.record = r.record)) THEN RETURN OLD; END IF;
      ${refuse}
    END $$`)
    .execute(tx);
}

async function guardTable(tx: Db, { table, prunable }: Guarded): Promise<void> {
  const found = await sql<{ name: string | null }>`SELECT t.tgname AS name FROM pg_class c
    LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgenabled = 'A'
    WHERE c.oid = to_regclass(${escapeIdentifier(table)}) AND c.relkind = 'r'`.execute(tx);
  if (found.rows.length === 0) throw new OffingError("LEDGER_REFUSED", { message: "no migration makes this table", context: { table } });
  const present = new Set(found.rows.map(({ name }) => name));
  const triggers = {
    append_only_update: "BEFORE UPDATE ON %t FOR EACH ROW EXECUTE FUNCTION append_only()",
    append_only_delete: `BEFORE DELETE ON %t FOR EACH ROW EXECUTE FUNCTION ${prunable ? "append_only_unless_pruned" : "append_only"}()`,
    append_only_truncate: "BEFORE TRUNCATE ON %t FOR EACH STATEMENT EXECUTE FUNCTION append_only()",
  };
  const name = escapeIdentifier(table);
  for (const [trigger, rule] of Object.entries(triggers)) {
    if (present.has(trigger)) continue;
    await sql.raw(`CREATE OR REPLACE TRIGGER ${trigger} ${rule.replace("%t", name)}`).execute(tx);
    await sql.raw(`ALTER TABLE ${name} ENABLE ALWAYS TRIGGER ${trigger}`).execute(tx);
  }
}

async function grantRights(tx: Db, { schema, protection }: { schema: string; protection: Protection }): Promise<void> {
  const wanted = new Map<string, readonly string[]>();
  const relations = await sql<{ name: string }>`SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ${schema} AND c.relkind IN ('r', 'v')`.execute(tx);
  for (const { name } of relations.rows) wanted.set(name, ["SELECT"]);
  for (const { table, prunable } of protection.guarded) wanted.set(table, prunable ? ["DELETE", "INSERT", "SELECT"] : ["INSERT", "SELECT"]);
  for (const table of protection.mutable) wanted.set(table, ["DELETE", "INSERT", "SELECT", "UPDATE"]);
  const held = await sql<{
    name: string;
    rights: string;
  }>`SELECT c.relname AS name, string_agg(a.privilege_type, ',' ORDER BY a.privilege_type COLLATE "C") AS rights
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE n.nspname = ${schema} AND r.rolname = ${WRITER_ROLE} GROUP BY c.relname`.execute(tx);
  const present = new Map(held.rows.map(({ name, rights }) => [name, rights]));
  for (const [table, rights] of wanted) {
    if (present.get(table) === rights.join(",")) continue;
    await sql.raw(`REVOKE ALL ON ${escapeIdentifier(table)} FROM ${WRITER_ROLE}`).execute(tx);
    await sql.raw(`GRANT ${rights.join(", ")} ON ${escapeIdentifier(table)} TO ${WRITER_ROLE}`).execute(tx);
  }
}

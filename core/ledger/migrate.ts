import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { OffingError } from "#core/errors.ts";
import type { Fact } from "#core/fact.ts";
import type { Db, Engine, Guarded } from "./engine.ts";
import type { Migration, OpenOptions } from "./ledger.ts";
import { LEDGER_MIGRATIONS, LEDGER_OWNER, LEDGER_PROTECTION, MIGRATIONS_TABLE } from "./schema.ts";

/** What of the options says which tables there are. */
export type SchemaOptions<F extends Fact> = Pick<OpenOptions<F>, "domain" | "records" | "nowMs">;

/**
 * Brings a ledger's tables, triggers and rights to this version in one transaction, so that no table ever stands unguarded.
 *
 * @returns the ledger's id, minted when it is new
 * @throws LEDGER_MISMATCH when the ledger is another domain's or newer than this version
 */
export async function migrate<F extends Fact>(engine: Engine, options: SchemaOptions<F>): Promise<string> {
  return await engine.migrating(async (tx) => {
    await sql.raw(MIGRATIONS_TABLE[engine.kind]).execute(tx);
    const applied = await appliedVersions(tx);
    const id = applied.size === 0 ? undefined : await identify(tx, options.domain);
    refuseNewer(applied, options);
    for (const [owner, migrations] of plan(options)) {
      for (const migration of migrations) {
        if (migration.version <= (applied.get(owner) ?? 0)) continue;
        for (const statement of migration[engine.kind]) await sql.raw(statement).execute(tx);
        await tx.insertInto("migrations").values({ owner, version: migration.version, applied_at_ms: options.nowMs() }).execute();
      }
    }
    const ledgerId = id ?? (await mint(tx, options));
    await engine.protect(tx, { guarded: guardedTables(options), mutable: LEDGER_PROTECTION.mutable });
    return ledgerId;
  });
}

/**
 * Reads the id of a ledger that a writer of this version made.
 *
 * @throws LEDGER_UNREACHABLE when there is no ledger; LEDGER_MISMATCH when it is another domain's or of another version
 */
export async function inspect<F extends Fact>(engine: Engine, options: SchemaOptions<F>): Promise<string> {
  if (!(await engine.has(engine.db, "ledger_info"))) {
    const hint = "Start the emitter once: it makes the ledger.";
    throw new OffingError("LEDGER_UNREACHABLE", {
      message: "there is no ledger at this place yet",
      context: { domain: options.domain },
      hint,
    });
  }
  const id = await identify(engine.db, options.domain);
  const applied = await appliedVersions(engine.db);
  refuseNewer(applied, options);
  for (const [owner, migrations] of plan(options)) {
    const [present, wanted] = [applied.get(owner) ?? 0, newestOf(migrations)];
    if (present >= wanted) continue;
    const hint = "Start the emitter of this version once: it brings the ledger up to date.";
    throw new OffingError("LEDGER_MISMATCH", {
      message: "the ledger is older than this version",
      context: { owner, present, wanted },
      hint,
    });
  }
  return id;
}

function plan<F extends Fact>({
  domain,
  records,
}: SchemaOptions<F>): readonly (readonly [owner: string, migrations: readonly Migration[]])[] {
  return [
    [LEDGER_OWNER, LEDGER_MIGRATIONS],
    [domain, records.migrations],
  ];
}

async function appliedVersions(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db.selectFrom("migrations").select(["owner", "version"]).orderBy("version").execute();
  return new Map(rows.map(({ owner, version }) => [owner, version]));
}

function refuseNewer<F extends Fact>(applied: ReadonlyMap<string, number>, options: SchemaOptions<F>): void {
  const known = new Map(plan(options).map(([owner, migrations]) => [owner, newestOf(migrations)]));
  for (const [owner, present] of applied) {
    const wanted = known.get(owner) ?? 0;
    if (present <= wanted) continue;
    const hint = "Run the version of Offing that wrote this ledger, or a newer one.";
    throw new OffingError("LEDGER_MISMATCH", {
      message: "the ledger is newer than this version",
      context: { owner, present, wanted },
      hint,
    });
  }
}

function newestOf(migrations: readonly Migration[]): number {
  return Math.max(0, ...migrations.map(({ version }) => version));
}

async function identify(db: Db, domain: string): Promise<string> {
  const info = await db.selectFrom("ledger_info").select(["id", "domain"]).executeTakeFirstOrThrow();
  if (info.domain === domain) return info.id;
  throw new OffingError("LEDGER_MISMATCH", {
    message: "the ledger is another emitter's",
    context: { wanted: domain, present: info.domain },
  });
}

async function mint<F extends Fact>(tx: Db, { domain, nowMs }: SchemaOptions<F>): Promise<string> {
  const id = randomUUID();
  await tx.insertInto("ledger_info").values({ only_row: 1, id, domain, created_at_ms: nowMs() }).execute();
  return id;
}

/** Reference tables have no seq that a prune record could cover. */
function guardedTables<F extends Fact>({ records }: SchemaOptions<F>): readonly Guarded[] {
  const reference = new Set(records.reference.map(({ table }) => table));
  const emitters = new Set([...records.appendOnly, ...reference]);
  return [...LEDGER_PROTECTION.guarded, ...[...emitters].map((table) => ({ table, prunable: !reference.has(table) }))];
}

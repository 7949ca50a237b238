import { type ClientBase, escapeIdentifier } from "pg";
import { OffingError } from "#core/errors.ts";
import { createClient, type PostgresPlace, WRITER_ROLE } from "./postgres-connection.ts";
import { isDuplicate, isForbidden } from "./postgres-fault.ts";

/**
 * Makes the schema and the restricted writer role when they are missing, and makes sure that the user of the URL may act as that role.
 *
 * @throws LEDGER_ROLE_NOT_FOUND with the SQL that a database administrator must run, when this user may not do it
 */
export async function ensureSchemaAndRole(place: PostgresPlace): Promise<void> {
  const client = createClient(place);
  client.on("error", () => {});
  try {
    await client.connect();
    await ensureRole(client);
    const schema = escapeIdentifier(place.schema);
    const { rows } = await client.query(
      "SELECT to_regnamespace($1) IS NOT NULL AS present, has_schema_privilege($2, to_regnamespace($1), 'USAGE') AS usable",
      [schema, WRITER_ROLE],
    );
    if (rows[0]?.present !== true) await client.query(`CREATE SCHEMA ${schema}`);
    if (rows[0]?.usable !== true) await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${WRITER_ROLE}`);
  } finally {
    await client.end().catch(() => {});
  }
}

async function ensureRole(client: ClientBase): Promise<void> {
  const { rows } = await client.query("SELECT current_user::text AS me, EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1) AS present", [
    WRITER_ROLE,
  ]);
  const create = `CREATE ROLE ${WRITER_ROLE} NOLOGIN`;
  const grant = `GRANT ${WRITER_ROLE} TO ${escapeIdentifier(String(rows[0]?.me))}`;
  if (rows[0]?.present !== true) {
    await client.query(create).catch((error) => {
      // Another ledger of this server may be making it at this moment.
      if (!isDuplicate(error)) throw roleError(error, [create, grant]);
    });
  }
  if (await mayAct(client)) return;
  await client.query(grant).catch((error) => {
    throw roleError(error, [grant]);
  });
}

async function mayAct(client: ClientBase): Promise<boolean> {
  try {
    await client.query(`SET ROLE ${WRITER_ROLE}`);
    await client.query("RESET ROLE");
    return true;
  } catch (error) {
    if (isForbidden(error)) return false;
    throw error;
  }
}

function roleError(error: unknown, statements: readonly string[]): unknown {
  if (!isForbidden(error)) return error;
  return new OffingError("LEDGER_ROLE_NOT_FOUND", {
    message: "the user of the ledger's URL may not make or take the restricted writer role",
    context: { role: WRITER_ROLE },
    hint: `Let an administrator of the database run: ${statements.join("; ")};`,
    cause: error,
  });
}

import { startPostgres } from "#core/testing/postgres.ts";
import type { Bench } from "./bench.ts";
import { ledgerFigures } from "./ledger-figures.ts";
import { runPart } from "./part.ts";
import type { InsertPostgresOrder } from "./parts/insert-postgres.ts";
import type { InsertAnswer } from "./parts/insert-sqlite.ts";

const INSERT = new URL("./parts/insert-postgres.ts", import.meta.url);

/** The ledger over PostgreSQL, beside multi-row inserts of the bare driver into one plain table of the same server. */
export const ledgerPostgresBench: Bench = {
  name: "ledger-postgres",
  what: "the ledger's append over PostgreSQL, on the same machine with fsync on: the same commits",
  run: async (context) => {
    const { url, stop } = await startPostgres();
    try {
      return await ledgerFigures(
        {
          place: (name) => ({ postgresUrl: url, schema: `bench_${name}` }),
          peerName: "plain pg inserts of 1,000 rows",
          peer: async ({ name, feed, facts }) => {
            const order: InsertPostgresOrder = { url, table: `plain_${name}`, feed, facts };
            return (await runPart<InsertPostgresOrder, InsertAnswer>(INSERT, { order, signal: context.signal })).seconds;
          },
          targetFactsPerSecond: 15_000,
          rounds: 3,
        },
        context,
      );
    } finally {
      await stop();
    }
  },
};

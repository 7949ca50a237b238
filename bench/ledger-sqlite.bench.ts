import { join } from "node:path";
import type { Bench } from "./bench.ts";
import { ledgerFigures } from "./ledger-figures.ts";
import { runPart } from "./part.ts";
import type { InsertAnswer, InsertSqliteOrder } from "./parts/insert-sqlite.ts";

const INSERT = new URL("./parts/insert-sqlite.ts", import.meta.url);

/** The ledger over SQLite, beside prepared inserts into one plain table with the same durability. */
export const ledgerSqliteBench: Bench = {
  name: "ledger-sqlite",
  what: "the ledger's append over SQLite: 1,000 facts, 50 changed keys and a cursor in each durable commit",
  run: (context) =>
    ledgerFigures(
      {
        place: (name) => ({ sqlite: join(context.folder, `${name}.db`) }),
        peerName: "plain node:sqlite inserts",
        peer: async ({ name, feed, facts }) => {
          const order: InsertSqliteOrder = { path: join(context.folder, `${name}.db`), feed, facts };
          return (await runPart<InsertSqliteOrder, InsertAnswer>(INSERT, { order, signal: context.signal })).seconds;
        },
        targetFactsPerSecond: 50_000,
        rounds: 5,
      },
      context,
    ),
};

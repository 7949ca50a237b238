import { DatabaseSync } from "node:sqlite";
import { commitsOf, type Feed } from "../commits.ts";
import { servePart } from "../part.ts";

/** Where to insert how many facts. */
export interface InsertSqliteOrder {
  readonly path: string;
  readonly feed: Feed;
  readonly facts: number;
}

/** What it took. */
export interface InsertAnswer {
  readonly seconds: number;
}

await servePart<InsertSqliteOrder, InsertAnswer>(async ({ path, feed, facts }) => {
  const database = new DatabaseSync(path);
  // The ledger's durability: every commit is on the disk before it returns.
  database.exec("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA synchronous = FULL");
  database.exec(
    "CREATE TABLE facts (seq INTEGER PRIMARY KEY, id TEXT, kind TEXT, time_ms INTEGER, late INTEGER, written_at_ms INTEGER, body TEXT)",
  );
  const insert = database.prepare("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?)");
  let [ms, seq] = [0, 0];
  for (const commit of commitsOf(feed)) {
    if (seq === facts) break;
    const beganMs = performance.now();
    database.exec("BEGIN IMMEDIATE");
    for (const fact of commit.facts) {
      seq += 1;
      insert.run(seq, fact.id, fact.kind, fact.timeMs, fact.late ? 1 : 0, Date.now(), JSON.stringify(fact));
    }
    database.exec("COMMIT");
    ms += performance.now() - beganMs;
  }
  database.close();
  return { seconds: ms / 1000 };
});

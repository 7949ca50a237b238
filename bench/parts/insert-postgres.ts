import { Client } from "pg";
import { commitsOf, type Feed } from "../commits.ts";
import { servePart } from "../part.ts";
import type { InsertAnswer } from "./insert-sqlite.ts";

/** Where to insert how many facts. */
export interface InsertPostgresOrder {
  readonly url: string;
  readonly table: string;
  readonly feed: Feed;
  readonly facts: number;
}

const COLUMNS = 7;

await servePart<InsertPostgresOrder, InsertAnswer>(async ({ url, table, feed, facts }) => {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(
    `CREATE TABLE ${table} (seq bigint PRIMARY KEY, id text, kind text, time_ms bigint, late boolean, written_at_ms bigint, body text)`,
  );
  let [ms, seq] = [0, 0];
  for (const commit of commitsOf(feed)) {
    if (seq === facts) break;
    const beganMs = performance.now();
    const values: (string | number | boolean)[] = [];
    for (const fact of commit.facts) {
      seq += 1;
      values.push(seq, fact.id, fact.kind, fact.timeMs, fact.late, Date.now(), JSON.stringify(fact));
    }
    await client.query({ name: "insert", text: `INSERT INTO ${table} VALUES ${places(commit.facts.length)}`, values });
    ms += performance.now() - beganMs;
  }
  await client.end();
  return { seconds: ms / 1000 };
});

/** ($1,$2,...),($8,...): a statement by itself is a transaction by itself. */
function places(rows: number): string {
  const row = (index: number): string =>
    `(${Array.from({ length: COLUMNS }, (_, column) => `$${index * COLUMNS + column + 1}`).join(",")})`;
  return Array.from({ length: rows }, (_, index) => row(index)).join(",");
}

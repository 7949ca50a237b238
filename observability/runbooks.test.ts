import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { LEDGER_MIGRATIONS } from "#core/ledger/schema.ts";
import { recordTables } from "../emitters/chain/records.ts";
import { runbookOf } from "./check/alerts.ts";
import { DRILLS } from "./drill/catalogue.ts";

const FOLDER = join(import.meta.dirname, "..", "docs", "runbooks");
/** About what has stopped, not about what is recorded. */
const WITHOUT_SQL = [
  "offing-emitter-silent.md",
  "offing-collector-silent.md",
  "offing-collector-queue-filling.md",
  "offing-collector-items-lost.md",
  "offing-collector-refusing.md",
  "offing-alert-history-blind.md",
  "offing-watchdog.md",
  "offing-disk-budget-nearly-spent.md",
  "offing-disk-nearly-full.md",
];
const runbooks = globSync("*.md", { cwd: FOLDER }).sort();
const ledger = new DatabaseSync(":memory:");
for (const { sqlite } of [...LEDGER_MIGRATIONS, ...recordTables({ reasons: [] }).migrations]) {
  for (const statement of sqlite) ledger.exec(statement);
}
afterAll(() => ledger.close());

const drillsOf = (file: string): readonly string[] =>
  DRILLS.filter(({ alerts }) => alerts.some((alert) => runbookOf(alert).endsWith(`/${file}`))).map(({ name }) => name);

describe.each(runbooks)("%s", (file) => {
  const text = readFileSync(join(FOLDER, file), "utf8");
  const statements = [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql ?? "");

  it("asks the ledger only what its tables can answer", () => {
    // A node's telemetry has no ledger behind it.
    expect(statements.length === 0).toBe(WITHOUT_SQL.includes(file) || file.startsWith("node-"));
    for (const sql of statements) expect(ledger.prepare(sql).all()).toBeInstanceOf(Array);
  });

  it("links only to files that are there", () => {
    const links = [...text.matchAll(/\]\(([\w.-]+\.md)\)/g)].map(([, target]) => target ?? "");
    expect(links.filter((target) => !runbooks.includes(target))).toEqual([]);
  });

  it("names the drill of its alert, and no other", () => {
    expect([...text.matchAll(/offing drill run ([\w-]+)/g)].map(([, name]) => name)).toEqual(drillsOf(file));
  });

  it("says how it clears, unless it is no alert's", () => {
    expect(text.includes("## How it clears")).toBe(!["reconcile.md", "oracle-incident-facts.md"].includes(file));
  });

  it("leads from what an oracle blocks to the facts that an incident's class is decided by", () => {
    const isOfOracle = /oracle reason|_ORACLE_/.test(text) && file.startsWith("chain-");
    expect(text.includes("](oracle-incident-facts.md)")).toBe(isOfOracle);
  });
});

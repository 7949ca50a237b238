import type { Fact } from "#core/fact.ts";
import type { Commit, Ledger, LedgerLocation, OpenOptions, RecordTables } from "../ledger.ts";
import { openLedger } from "../open.ts";

/** A fact of a made-up domain; one of kind `sample` adds a row to `sample_log`. */
export interface SampleFact extends Fact {
  readonly kind: "sample" | "retraction";
  readonly label: string;
  /** The database refuses the row when this says `refuse`. */
  readonly note: string;
  readonly flagged: boolean;
  /** A uint256 as a decimal string. */
  readonly amount: string;
}

/** Its tables: a log, a view of it, and codes from configuration. A trigger refuses one note, as an emitter's own rule would. */
export const sampleRecords: RecordTables<SampleFact> = {
  migrations: [
    {
      version: 1,
      sqlite: [
        "CREATE TABLE sample_codes (code TEXT PRIMARY KEY NOT NULL, grave BOOLEAN NOT NULL)",
        `CREATE TABLE sample_log (seq INTEGER PRIMARY KEY, fact_id TEXT NOT NULL, label TEXT NOT NULL, note TEXT NOT NULL,
          flagged BOOLEAN NOT NULL, amount TEXT NOT NULL);
        CREATE INDEX sample_log_fact ON sample_log (fact_id)`,
        "CREATE VIEW samples AS SELECT * FROM sample_log",
        `CREATE TRIGGER sample_rule BEFORE INSERT ON sample_log WHEN NEW.note = 'refuse'
          BEGIN SELECT RAISE(ABORT, 'the rule of this emitter'); END`,
      ],
      postgres: [
        "CREATE TABLE sample_codes (code text PRIMARY KEY, grave boolean NOT NULL)",
        `CREATE TABLE sample_log (seq bigint PRIMARY KEY, fact_id text NOT NULL, label text NOT NULL, note text NOT NULL,
          flagged boolean NOT NULL, amount numeric(78, 0) NOT NULL);
        CREATE INDEX sample_log_fact ON sample_log (fact_id)`,
        "CREATE VIEW samples AS SELECT * FROM sample_log",
        `CREATE FUNCTION sample_rule() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN IF NEW.note = 'refuse' THEN RAISE EXCEPTION 'the rule of this emitter'; END IF; RETURN NEW; END $$`,
        "CREATE TRIGGER sample_rule BEFORE INSERT ON sample_log FOR EACH ROW EXECUTE FUNCTION sample_rule()",
      ],
    },
  ],
  appendOnly: ["sample_log"],
  rows: ({ kind, label, note, flagged, amount }) =>
    kind === "sample" ? [{ table: "sample_log", values: { label, note, flagged, amount } }] : [],
  reference: [
    { table: "sample_codes", key: ["code"], values: { code: "GRAVE", grave: true } },
    { table: "sample_codes", key: ["code"], values: { code: "LIGHT", grave: false } },
  ],
};

/** Counts the rows of each label that are not retracted at a cursor, in the shape of the contract's SELECTs. */
export const SAMPLE_SELECT = `SELECT l.label, count(*) AS value FROM sample_log l WHERE l.seq <= :cursor
  AND NOT EXISTS (SELECT 1 FROM facts r WHERE r.retracts = l.fact_id AND r.seq <= :cursor) GROUP BY l.label ORDER BY l.label`;

/** 2^256 - 1, which no float and no 64-bit integer holds. */
export const LARGEST_AMOUNT: string = (2n ** 256n - 1n).toString();

/** A fact with an id. */
export function sampleFact(id: string, over: Partial<SampleFact> = {}): SampleFact {
  return { id, kind: "sample", timeMs: 1_700_000_000_000, late: false, label: "a", note: "", flagged: false, amount: "1", ...over };
}

/** Facts `from`..`to` with ids `fact:<n>`, both ends included. */
export function sampleFacts(from: number, to: number, over: Partial<SampleFact> = {}): readonly SampleFact[] {
  return Array.from({ length: to - from + 1 }, (_, index) => sampleFact(`fact:${from + index}`, over));
}

/** A commit of facts and nothing else. */
export function commitOf(...facts: readonly SampleFact[]): Commit {
  return { facts, changes: [], cursors: new Map() };
}

/** Opens a ledger of the sample domain that closes at the end of its block. */
export async function openSample(location: LedgerLocation, mode: "write" | "read" = "write"): Promise<Ledger & AsyncDisposable> {
  const ledger = await openLedger(sampleOptions(location, mode));
  return { ...ledger, [Symbol.asyncDispose]: ledger.close };
}

/** Options to open a ledger of the sample domain; its clock starts at 1,000 ms and moves 1 ms with each look. */
export function sampleOptions(location: LedgerLocation, mode: "write" | "read" = "write"): OpenOptions<SampleFact> {
  let nowMs = 1_000;
  return {
    location,
    domain: "sample",
    mode,
    records: sampleRecords,
    nowMs: () => {
      nowMs += 1;
      return nowMs;
    },
  };
}

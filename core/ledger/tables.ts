/** The tables every ledger has, as Kysely sees them; times are Unix milliseconds, JSON is text. An emitter's own tables stand beside them. */
export interface Tables {
  readonly migrations: { readonly owner: string; readonly version: number; readonly applied_at_ms: number };
  readonly ledger_info: { readonly only_row: number; readonly id: string; readonly domain: string; readonly created_at_ms: number };
  readonly writer: WriterRow;
  readonly facts: FactRow;
  readonly state: { readonly collection: string; readonly key: string; readonly value: string };
  readonly cursors: { readonly feed: string; readonly cursor: string };
  readonly projection: ProjectionRow;
  readonly totals: TotalRow;
  readonly dead_letters: DeadLetterRow;
  readonly prune_records: PruneRecordRow;
  readonly prune_closures: PruneClosureRow;
}

/** Who may write: the epoch grows with each take-over; the rest names the holder for people. */
interface WriterRow {
  readonly only_row: number;
  readonly epoch: number;
  readonly pid: number | null;
  readonly host: string | null;
  readonly started_at_ms: number | null;
}

/** One fact: the columns are for look-ups, `body` is the whole fact as JSON. */
interface FactRow {
  readonly seq: number;
  readonly id: string;
  readonly kind: string;
  readonly time_ms: number;
  readonly late: boolean;
  readonly retracts: string | null;
  readonly written_at_ms: number;
  readonly body: string;
}

/** Where the projector stands; the pending columns are both set or both null. */
interface ProjectionRow {
  readonly only_row: number;
  readonly generation: number;
  readonly digest: string;
  readonly cursor_seq: number;
  readonly pending_to_seq: number | null;
  readonly pending_at_ms: number | null;
}

/** One series at the projector's cursor. */
interface TotalRow {
  readonly metric: string;
  readonly labels: string;
  readonly value: number;
  readonly buckets: string | null;
  readonly born_at_ms: number;
}

/** What could not be used or delivered. */
interface DeadLetterRow {
  readonly seq: number;
  readonly at_ms: number;
  readonly origin: string;
  readonly reason: string;
  readonly item: string;
}

/** A permission to delete; it is open as long as no closure has its number. `counts` holds what the SELECTs counted before it. */
export interface PruneRecordRow {
  readonly record: number;
  readonly table_name: string;
  readonly from_seq: number;
  readonly to_seq: number;
  readonly reason: string;
  readonly at_ms: number;
  readonly cursor_seq: number;
  readonly row_count: number;
  readonly selects: string;
  readonly counts: string;
}

/** The end of a permission to delete: how many rows went, and what the SELECTs count less for it. */
interface PruneClosureRow {
  readonly record: number;
  readonly at_ms: number;
  readonly row_count: number;
  readonly counts: string;
}

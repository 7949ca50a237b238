/** What a bench may use. */
export interface BenchContext {
  /** Smaller sizes and fewer rounds. */
  readonly quick: boolean;
  /** A folder of this bench's own, on the disk that is measured; removed afterwards. */
  readonly folder: string;
  /** Tells a person what is measured now. */
  readonly say: (text: string) => void;
  /** Aborts everything that runs. */
  readonly signal: AbortSignal;
}

/** One thing that is measured, alone or against a peer of the same run. */
export interface Row {
  readonly figure: string;
  readonly unit: string;
  /** One value a round. */
  readonly ours: readonly number[];
  readonly peer?: { readonly name: string; readonly values: readonly number[] };
  readonly target?: Target;
}

/** What a figure should be; it is marked, never enforced. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** What a bench found. */
export interface Result {
  readonly rows: readonly Row[];
  /** What a reader must know to read the rows rightly, as whole sentences. */
  readonly notes?: readonly string[];
}

/** A bench: `bench/<name>.bench.ts` exports one. */
export interface Bench {
  readonly name: string;
  /** One sentence. */
  readonly what: string;
  /** Throws only when it could not measure; a missed target is no failure. */
  readonly run: (context: BenchContext) => Promise<Result>;
}

import type { Grade as CoverageGrade } from "#contract/generated/chain.ts";
import type { Json } from "#core/fact.ts";
import type { ActionType, ContractName } from "./names.ts";

/**
 * What the source saw, complete and plain JSON, so that a recorded file replays. Hashes, addresses and data are lower-case hexadecimal.
 */
export type ChainObservation = TickSeen | BlockSeen | RedecodeSeen | RegradeSeen | ForeignSeen | CanarySeen;

/** How calls would have ended on top of a block: nothing was sent. */
export type CanarySeen = {
  readonly type: "canary";
  readonly atMs: number;
  readonly number: number;
  readonly hash: string;
  readonly timeMs: number;
  readonly results: readonly CanaryResult[];
};

/** One simulated call that was answered; `reverted` holds its revert bytes, null when it went through. */
export type CanaryResult = { readonly contract: ContractName; readonly action: ActionType; readonly reverted: string | null };

/** Stored operations that the present registry of reasons reads otherwise than they were read. */
export type RedecodeSeen = { readonly type: "redecode"; readonly facts: readonly Json[] };

/** A transaction of a block that was applied before, with a better proof. */
export type RegradeSeen = {
  readonly type: "regrade";
  readonly number: number;
  readonly hash: string;
  readonly timeMs: number;
  readonly transaction: TransactionSeen;
};

/** A transaction of a block that was applied before, of which a trace shows now that it called nothing of ours. */
export type ForeignSeen = { readonly type: "foreign"; readonly txHash: string };

/** The time, and what the node says of its own position; what it does not say is null. */
export type TickSeen = {
  readonly type: "tick";
  readonly atMs: number;
  readonly head: number | null;
  readonly safe: number | null;
  readonly finalized: number | null;
};

/** How well a block was read. */
export type Grade = CoverageGrade;

/** A block with those of its transactions that may concern a watched contract. */
export type BlockSeen = {
  readonly type: "block";
  /** When the source learnt of the head that this block led to, Unix milliseconds. */
  readonly observedAtMs: number;
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timeMs: number;
  /**
   * Where the block joins what was applied: upon its parent when left out; `jump` leaves a gap below it, and `backfill` is the parent of the
   * lowest applied block.
   */
  readonly joins?: "jump" | "backfill";
  /** Left out in what was recorded before blocks had grades: receipts then. */
  readonly grade?: Grade;
  /** In block order. */
  readonly transactions: readonly TransactionSeen[];
  /** The configured parameters of contracts whose configuration the block changes; left out when there are none. */
  readonly reads?: readonly ParamRead[];
};

/** What a parameter's reading function answered at the end of the block before and of this one; null where the node has no answer. */
export type ParamRead = {
  readonly address: string;
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
};

/** A transaction as far as it matters. */
export type TransactionSeen = {
  readonly hash: string;
  readonly index: number;
  readonly from: string;
  /** Null for a contract creation. */
  readonly to: string | null;
  /** The first four bytes of the input; `0x` when there are fewer. */
  readonly selector: string;
  /** By the receipt's status. */
  readonly success: boolean;
  /** The logs of watched contracts and modules. */
  readonly logs: readonly LogSeen[];
  /** Null when it was not needed or could not be had. */
  readonly trace: Frame | null;
  /** What a failed direct call reverted with, where no trace says it. */
  readonly revert?: RootRevert;
  /** All of the input, where it calls a known setter directly. */
  readonly input?: string;
  /** True when it is of a kind that nobody signs, so that nobody can say what its sender is; left out otherwise. */
  readonly unsigned?: boolean;
};

/** The revert bytes of a transaction's root without a trace; `0x` when there were none. */
export type RootRevert = {
  /** A replay of the block that ended as the receipts say, the node's own word, or the same call at the parent block. */
  readonly by: "simulation" | "node" | "call";
  readonly data: string;
  /** How it ended when it did not revert by itself, as far as its gas tells; null otherwise. */
  readonly halt: string | null;
};

/** A log of a watched contract or module. */
export type LogSeen = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  /** The log's position in its block. */
  readonly index: number;
};

/** A frame of a call trace. @see https://geth.ethereum.org/docs/developers/evm-tracing/built-in-tracers#call-tracer */
export type Frame = {
  /** CALL, STATICCALL, DELEGATECALL, CALLCODE, CREATE, CREATE2 or SELFDESTRUCT. */
  readonly type: string;
  readonly from: string;
  /** Null for a creation that failed. */
  readonly to: string | null;
  /** The first four bytes of the input; `0x` when there are fewer. */
  readonly selector: string;
  /** How the frame failed; null when it went through. */
  readonly error: string | null;
  /** What a failed frame returned, all of it; `0x` otherwise; null when it reverted with bytes that the tracer keeps to itself. */
  readonly output: string | null;
  /** All of the input, where the frame calls a known setter. */
  readonly input?: string;
  readonly calls: readonly Frame[];
};

import type {
  CallerCategory,
  CanaryOutcome,
  Confidence,
  Evidence,
  EvmRevertKind,
  Outcome,
  RetractionCause,
} from "#contract/generated/chain.ts";
import type { Fact } from "#core/fact.ts";
import type { Actor } from "./evidence/actor.ts";
import type { ActionType, ContractName, ModuleName, ReasonCode } from "./names.ts";

/** Where on the chain a fact stands. Hashes and addresses are lower-case hexadecimal. */
interface Place {
  readonly chainId: number;
  readonly blockNumber: number;
  readonly blockHash: string;
}

/** How a frame failed. Everything that comes from the chain is cut and free of control characters. */
export interface Revert {
  readonly kind: EvmRevertKind;
  /** The custom error's name, `Error` or `Panic`; null when there are no bytes or nobody knows their selector. */
  readonly error: string | null;
  /** The text of `Error(string)`, or the code of `Panic(uint256)` as 0x and two digits. */
  readonly message: string | null;
  /** The arguments of a custom error, in order. */
  readonly args: readonly string[];
  /** The first 1,024 bytes; null when there are none. */
  readonly data: string | null;
  /** How many bytes there were. */
  readonly bytes: number;
  /** How the frame ended when it did not revert by itself, such as `out of gas`; null for a revert. */
  readonly halt: string | null;
  /** The address in whose context the bytes that are told of were written; null when nobody saw it. */
  readonly origin: string | null;
  /** Who claimed a reason code that only a watched or registered address may give, or `unknown`; null when nobody did. */
  readonly spoofedBy: string | null;
  /** The bytes that were passed on, wrapped or dropped on the way, the first written first and the frame's own last. */
  readonly written: readonly { readonly by: string | null; readonly data: string }[];
}

/** What an operation is counted by; a retraction repeats it to count the same with the opposite mark. */
export type OperationLabels = {
  readonly contract: ContractName;
  readonly actionType: ActionType;
  readonly outcome: Outcome;
  readonly callerCategory: CallerCategory;
  readonly evidence: Evidence;
  /** The reason the contract gave; null when there was none, nobody knows it, or a foreign contract gave it. */
  readonly reasonCode: ReasonCode | null;
  /** True exactly when the registry marks `reasonCode` as one that an oracle causes. */
  readonly oracleRequiredBlocked: boolean;
  /** True for revert bytes that nobody can decode or saw, and for a failure known only by its receipt's status. */
  readonly unresolved: boolean;
};

/** One call of a watched contract: the outermost frame that calls a configured action. */
export interface OperationFact extends Fact, Place, OperationLabels {
  readonly kind: "operation";
  /** The id without the application number: the same call in the same block, however often the block was applied. */
  readonly operationId: string;
  /** How often this block hash had been applied by then, from 1: it tells A-B-A from a duplicate. */
  readonly application: number;
  /** How often it was proved or decoded again since; 0 for the first time. */
  readonly revision: number;
  readonly txHash: string;
  readonly txIndex: number;
  readonly txFrom: string;
  /** Null for a contract creation. */
  readonly txTo: string | null;
  /** Where in the call tree the frame stands: the root is `0`, its second call `0.1`. */
  readonly framePath: string;
  /** The watched address. */
  readonly address: string;
  /** msg.sender of the frame. */
  readonly caller: string;
  /** The configured name of the caller, when it is a router. */
  readonly route: string | null;
  readonly confidence: Confidence;
  /** The frame's own, whatever became of its transaction. */
  readonly success: boolean;
  /** True exactly when the registry marks `reasonCode` as one of health. */
  readonly oracleUnhealthyFlag: boolean;
  /** Null when the frame went through. */
  readonly revert: Revert | null;
}

/** An operation was taken back: by a reorg, at the time of the block that took its place, or because it is proved or decoded otherwise now. */
export interface OperationRetractedFact extends Fact, Place, OperationLabels {
  readonly kind: "operation_retracted";
  readonly retracts: string;
  readonly txHash: string;
  readonly cause: RetractionCause;
}

/** What a summary is counted by, and how many it counts. */
export type SummaryLabels = Pick<OperationLabels, "contract" | "actionType" | "outcome" | "callerCategory"> & {
  /** How many operations it stands for; each of them went through. */
  readonly operations: number;
};

/** Operations of one block that went through, beyond those that have a fact each. */
export interface SummaryFact extends Fact, Place, SummaryLabels {
  readonly kind: "operation_summary";
  readonly application: number;
  readonly evidence: Evidence;
  /** The configured name of the callers, when they are a router. */
  readonly route: string | null;
  /** How many different callers. */
  readonly callers: number;
  readonly firstTxHash: string;
  readonly lastTxHash: string;
}

/** A reorg took a summary back. */
export interface SummaryRetractedFact extends Fact, Place, SummaryLabels {
  readonly kind: "operation_summary_retracted";
  readonly retracts: string;
}

/** A change of configuration: a configured event, or a call of a known setter that left none. */
export interface ConfigChangeFact extends Fact, Place, Actor {
  readonly kind: "config_change";
  readonly application: number;
  readonly txHash: string;
  readonly txIndex: number;
  /** What tells it apart within its transaction: the position of its log in the block, or `call:` and the frame's path. */
  readonly changeKey: string;
  readonly module: ModuleName;
  /** The contract that changed. */
  readonly address: string;
  /** The event or call with its arguments, such as `OracleChanged(previous=0x.., next=0x..)`. */
  readonly change: string;
  /** The arguments by name; those named `previous`, `prev` or `old` tell the value before. */
  readonly params: Readonly<Record<string, string>>;
  /** Configured parameters at the end of the block before; what the node did not tell is left out. */
  readonly before: Readonly<Record<string, string>>;
  /** The same at the end of this block. */
  readonly after: Readonly<Record<string, string>>;
}

/** A reorg took a change of configuration back. */
export interface ConfigChangeRetractedFact extends Fact, Place {
  readonly kind: "config_change_retracted";
  readonly retracts: string;
  readonly txHash: string;
  readonly module: ModuleName;
}

/** The chain replaced blocks that were applied; the place is the first block of the new branch. */
export interface ReorgFact extends Fact, Place {
  readonly kind: "reorg";
  /** How many blocks were taken back. */
  readonly depth: number;
}

/** How a configured call would have ended on top of a block. It is about that moment, so a reorg does not take it back. */
export interface CanaryFact extends Fact, Place {
  readonly kind: "canary";
  readonly contract: ContractName;
  readonly actionType: ActionType;
  readonly outcome: CanaryOutcome;
  readonly reasonCode: ReasonCode | null;
  /** Null when it went through. */
  readonly revertKind: EvmRevertKind | null;
  /** The text or the name of what it reverted with. */
  readonly error: string | null;
}

/** Everything that can become known on a chain. @see seed 000, section 4 */
export type ChainFact =
  | OperationFact
  | OperationRetractedFact
  | SummaryFact
  | SummaryRetractedFact
  | ConfigChangeFact
  | ConfigChangeRetractedFact
  | ReorgFact
  | CanaryFact;

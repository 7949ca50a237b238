import type { CallerCategory, Confidence, Evidence, EvmRevertKind, Outcome } from "#contract/generated/chain.ts";
import { attributed, attributedRoot, type Verdict } from "./evidence/attribution.ts";
import type { OperationFact, Revert } from "./facts.ts";
import { type ActionFrame, actionFrames, isSilent, type Written, writtenBytes } from "./frames.ts";
import type { ReasonCode } from "./names.ts";
import type { TransactionSeen } from "./observation.ts";
import type { Watch } from "./watch.ts";

/** An operation without what its block adds. */
export type OperationDraft = Pick<
  OperationFact,
  | "contract"
  | "actionType"
  | "outcome"
  | "callerCategory"
  | "evidence"
  | "confidence"
  | "reasonCode"
  | "oracleRequiredBlocked"
  | "oracleUnhealthyFlag"
  | "unresolved"
  | "framePath"
  | "address"
  | "caller"
  | "route"
  | "success"
  | "revert"
>;

/** How far each grade of evidence carries. */
export const CONFIDENCES: Readonly<Record<Evidence, Confidence>> = {
  trace: "exact",
  receipt: "exact",
  simulation: "likely",
  node: "likely",
  call: "approximate",
  status: "none",
};

const DATA_BYTES = 1_024;
const WRITTEN_KEPT = 4;

/**
 * The operations of one transaction, in the order their frames were entered.
 *
 * Without a trace only a direct call is known: what went through is proved by its receipt, what failed is known by what its root reverted
 * with, or by its status alone. A failed transaction that was sent elsewhere gives none, because nobody can say that it reached a watched
 * contract.
 */
export function operationsOf(transaction: TransactionSeen, watch: Watch): readonly OperationDraft[] {
  const { trace, to, from, selector, success } = transaction;
  if (trace !== null) return actionFrames(trace, watch).map((found) => drafted(found, transaction, watch));
  const contract = to === null ? undefined : watch.contracts.get(to);
  const action = contract?.actions.get(selector);
  if (contract === undefined || action === undefined) return [];
  const error = success ? null : "failed";
  const frame = { type: "CALL", from, to, selector, error, output: null, calls: [] };
  return [drafted({ frame, path: "0", contract, action, kept: true }, transaction, watch)];
}

/** The name of one call: the same in the same block, however often the block was applied and the call proved. */
export function operationIdOf(
  { chainId, blockNumber, blockHash, txIndex }: Pick<OperationFact, "chainId" | "blockNumber" | "blockHash" | "txIndex">,
  framePath: string,
): string {
  return `op:${chainId}:${blockNumber}:${blockHash}:${txIndex}:${framePath}`;
}

function drafted(found: ActionFrame, transaction: TransactionSeen, watch: Watch): OperationDraft {
  const { frame, path, contract, action, kept } = found;
  const success = frame.error === null;
  const failure = success ? undefined : failureOf(found, transaction, watch);
  const meaning = failure?.reasonCode == null ? undefined : watch.reasons.get(failure.reasonCode);
  const oracleRequiredBlocked = meaning?.oracleRequired ?? false;
  const evidence = failure?.evidence ?? (transaction.trace === null ? "receipt" : "trace");
  return {
    contract: contract.name,
    actionType: action,
    outcome: outcomeOf({ success, kept, mined: transaction.success, oracleRequiredBlocked }),
    ...callerOf(frame.from, transaction, watch),
    evidence,
    confidence: CONFIDENCES[evidence],
    reasonCode: failure?.reasonCode ?? null,
    oracleRequiredBlocked,
    oracleUnhealthyFlag: meaning?.unhealthy ?? false,
    unresolved: failure !== undefined && isUnresolved(failure.revert.kind),
    framePath: path,
    address: contract.address,
    caller: frame.from,
    success,
    revert: failure?.revert ?? null,
  };
}

interface Failure {
  readonly evidence: Evidence;
  readonly reasonCode: ReasonCode | null;
  readonly revert: Revert;
}

/** A frame whose bytes its tracer keeps to itself is told by its root's, when it is the root. */
function failureOf({ frame, path, contract }: ActionFrame, { trace, revert }: TransactionSeen, watch: Watch): Failure {
  if (!isSilent(frame)) {
    const written = writtenBytes(frame);
    const verdict = attributed(written, watch, frame.to);
    return { evidence: "trace", reasonCode: verdict.reasonCode, revert: revertOf({ verdict, written, error: frame.error }) };
  }
  if (revert === undefined || path !== "0") {
    const evidence = trace === null ? "status" : "trace";
    return { evidence, reasonCode: null, revert: UNSEEN };
  }
  const verdict = attributedRoot(revert.data, contract.name, watch);
  const written = [{ by: null, data: revert.data }];
  return { evidence: revert.by, reasonCode: verdict.reasonCode, revert: revertOf({ verdict, written, error: revert.halt ?? REVERT }) };
}

const UNSEEN: Revert = {
  kind: "unseen",
  error: null,
  message: null,
  args: [],
  data: null,
  bytes: 0,
  halt: null,
  origin: null,
  spoofedBy: null,
  written: [],
};

interface Told {
  readonly verdict: Verdict;
  readonly written: readonly Written[];
  readonly error: string | null;
}

const REVERT = "execution reverted";
const OUT_OF_GAS = "out of gas";

function revertOf({ verdict, written, error }: Told): Revert {
  const { decoded, origin, spoofedBy } = verdict;
  const data = written.at(-1)?.data ?? "0x";
  const bytes = (data.length - 2) / 2;
  const halt = bytes > 0 || error === REVERT ? null : error;
  const haltKind: EvmRevertKind = halt === OUT_OF_GAS ? "out_of_gas" : "halted";
  return {
    kind: halt === null ? decoded.kind : haltKind,
    error: decoded.error,
    message: decoded.message,
    args: decoded.args,
    data: bytes === 0 ? null : cut(data),
    bytes,
    halt,
    origin,
    spoofedBy,
    written: bytes === 0 ? [] : written.slice(-WRITTEN_KEPT).map((one) => ({ by: one.by, data: cut(one.data) })),
  };
}

function cut(data: string): string {
  return data.slice(0, 2 + DATA_BYTES * 2);
}

function isUnresolved(kind: EvmRevertKind): boolean {
  return kind === "unreadable" || kind === "unseen";
}

interface Ending {
  readonly success: boolean;
  readonly kept: boolean;
  readonly mined: boolean;
  readonly oracleRequiredBlocked: boolean;
}

function outcomeOf({ success, kept, mined, oracleRequiredBlocked }: Ending): Outcome {
  if (success) return kept && mined ? "success" : "reverted";
  if (mined) return "caught";
  return oracleRequiredBlocked ? "blocked" : "reverted";
}

function callerOf(
  caller: string,
  { from: sender, unsigned }: TransactionSeen,
  { routers }: Watch,
): Pick<OperationDraft, "callerCategory" | "route"> {
  const route = routers.get(caller);
  if (route !== undefined) return { callerCategory: "whitelisted_route", route };
  const account: CallerCategory = unsigned === true ? "unknown" : "eoa";
  return { callerCategory: caller === sender ? account : "contract", route: null };
}

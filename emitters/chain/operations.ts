import type { CallerCategory, Outcome } from "#contract/generated/chain.ts";
import { clean } from "#core/clean.ts";
import { type Decoded, decodeRevert } from "./decode.ts";
import type { OperationFact, Revert } from "./facts.ts";
import { type ActionFrame, actionFrames, revertOrigin } from "./frames.ts";
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
  | "reasonCode"
  | "oracleRequiredBlocked"
  | "oracleUnhealthyFlag"
  | "unresolved"
  | "framePath"
  | "address"
  | "caller"
  | "success"
  | "revert"
>;

const DATA_BYTES = 1_024;
const HALT_LENGTH = 64;

/**
 * The operations of one transaction, in the order their frames were entered.
 *
 * Without a trace only a direct call is known: what went through is proved by its receipt, what failed is known by its status alone. A
 * failed transaction that was sent elsewhere gives none, because nobody can say that it reached a watched contract.
 */
export function operationsOf(transaction: TransactionSeen, watch: Watch): readonly OperationDraft[] {
  if (transaction.trace === null) return directOperation(transaction, watch);
  return actionFrames(transaction.trace, watch).map((found) => traced(found, transaction, watch));
}

function directOperation({ to, from, selector, success }: TransactionSeen, watch: Watch): readonly OperationDraft[] {
  const contract = to === null ? undefined : watch.contracts.get(to);
  const action = contract?.actions.get(selector);
  if (contract === undefined || action === undefined) return [];
  const draft: OperationDraft = {
    contract: contract.name,
    actionType: action,
    outcome: success ? "success" : "reverted",
    callerCategory: categoryOf(from, from, watch),
    evidence: success ? "receipt" : "status",
    reasonCode: null,
    oracleRequiredBlocked: false,
    oracleUnhealthyFlag: false,
    unresolved: !success,
    framePath: "0",
    address: contract.address,
    caller: from,
    success,
    revert: success ? null : { error: null, message: null, args: [], data: null, bytes: 0, halt: null, origin: null, spoofedBy: null },
  };
  return [draft];
}

function traced({ frame, path, contract, action, kept }: ActionFrame, transaction: TransactionSeen, watch: Watch): OperationDraft {
  const success = frame.error === null;
  const decoded = success ? undefined : decodeRevert(frame.output, watch);
  const revert = decoded === undefined ? null : revertOf(frame, decoded, watch);
  const reasonCode: ReasonCode | null = revert === null || revert.spoofedBy !== null ? null : (decoded?.code ?? null);
  const meaning = reasonCode === null ? undefined : watch.reasons.get(reasonCode);
  const oracleRequiredBlocked = meaning?.oracleRequired ?? false;
  return {
    contract: contract.name,
    actionType: action,
    outcome: outcomeOf({ success, kept, mined: transaction.success, oracleRequiredBlocked }),
    callerCategory: categoryOf(frame.from, transaction.from, watch),
    evidence: "trace",
    reasonCode,
    oracleRequiredBlocked,
    oracleUnhealthyFlag: meaning?.unhealthy ?? false,
    unresolved: decoded?.unknown ?? false,
    framePath: path,
    address: contract.address,
    caller: frame.from,
    success,
    revert,
  };
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

function revertOf(frame: ActionFrame["frame"], decoded: Decoded, watch: Watch): Revert {
  const origin = revertOrigin(frame);
  const bytes = (frame.output.length - 2) / 2;
  const foreign = decoded.code !== null && (origin === null || !watch.trusted.has(origin));
  return {
    error: decoded.error,
    message: decoded.message,
    args: decoded.args,
    data: bytes === 0 ? null : frame.output.slice(0, 2 + DATA_BYTES * 2),
    bytes,
    halt: bytes > 0 || /revert/i.test(frame.error ?? "") ? null : clean(frame.error ?? "", HALT_LENGTH),
    origin,
    spoofedBy: foreign ? (origin ?? "creation") : null,
  };
}

function categoryOf(caller: string, sender: string, { routers }: Watch): CallerCategory {
  if (routers.has(caller)) return "whitelisted_route";
  return caller === sender ? "eoa" : "contract";
}

import { type Action, type Call, type OperateCall, PSM_CAP } from "./calls.ts";

/** The reason codes of seed 000. */
export const REASON_CODES = ["PSM_ORACLE_MISSING", "BUYBACK_ORACLE_REQUIRED", "BUYBACK_ORACLE_UNHEALTHY"] as const;

/** A reason code of seed 000. */
export type ReasonCode = (typeof REASON_CODES)[number];

/** A watched contract by its label value. */
export type WatchedContract = "PSM" | "BUYBACK_VAULT";

/** What a user asked a watched contract to do, by its label value. */
export type ActionType = "PSM_MINT" | "PSM_REDEEM" | "BUYBACK_EXECUTE";

/** How an operation ended; `caught` failed inside a transaction that went through. */
export type Outcome = "success" | "blocked" | "reverted" | "caught";

/** The contracts' state, as far as it decides how a call ends. */
export interface Protocol {
  readonly psmOracle: boolean;
  readonly vaultOracle: boolean;
  readonly healthy: boolean;
  readonly impostorHired: boolean;
  /** In the token's smallest unit. */
  readonly collateral: bigint;
}

/** What one call does to a watched contract. */
export interface OperationEffect {
  readonly contract: WatchedContract;
  readonly actionType: ActionType;
  readonly outcome: Outcome;
  /** Only a reason that a watched contract itself gave. */
  readonly reasonCode: ReasonCode | null;
  /** The name that the revert bytes bear, whoever wrote them; null on success and when there are no bytes. */
  readonly errorName: string | null;
}

/** A change of configuration: the module and the event that tells of it. */
export interface ChangeEffect {
  readonly module: WatchedContract | "ORACLE";
  readonly event: "OracleChanged" | "StrategyChanged" | "HealthChanged";
}

/** What a mined call did: the transaction's fate, the operation or change that it was, and the state after it. */
export interface Effect {
  readonly succeeds: boolean;
  readonly operation: OperationEffect | null;
  readonly change: ChangeEffect | null;
  readonly after: Protocol;
}

/** The contracts' state right after their deployment. */
export const DEPLOYED: Protocol = { psmOracle: true, vaultOracle: true, healthy: true, impostorHired: false, collateral: 0n };

/**
 * Says what a call does when it is mined in the given state: a second, independent account of `contracts/*.sol`.
 *
 * Each mined transaction's receipt is held against it, so a mistake in either shows at once.
 */
export function effectOf(protocol: Protocol, call: Call): Effect {
  switch (call.kind) {
    case "operate":
      return operated(protocol, call);
    case "starve": {
      const { contract, actionType } = watchedFrames[call.action];
      return failed(protocol, { contract, actionType, outcome: "reverted", reasonCode: null, errorName: null });
    }
    case "impostor":
      return failed(protocol, null);
    case "setOracle": {
      const after = call.module === "PSM" ? { ...protocol, psmOracle: call.present } : { ...protocol, vaultOracle: call.present };
      return changed(after, { module: call.module, event: "OracleChanged" });
    }
    case "setHealthy":
      return changed({ ...protocol, healthy: call.healthy }, { module: "ORACLE", event: "HealthChanged" });
    case "setStrategy":
      return changed({ ...protocol, impostorHired: call.present }, { module: "BUYBACK_VAULT", event: "StrategyChanged" });
    default:
      return call satisfies never;
  }
}

const watchedFrames: Readonly<Record<Action, { readonly contract: WatchedContract; readonly actionType: ActionType }>> = {
  mint: { contract: "PSM", actionType: "PSM_MINT" },
  redeem: { contract: "PSM", actionType: "PSM_REDEEM" },
  executeBuyback: { contract: "BUYBACK_VAULT", actionType: "BUYBACK_EXECUTE" },
};

interface Revert {
  readonly reasonCode: ReasonCode | null;
  readonly errorName: string;
}

function operated(protocol: Protocol, call: OperateCall): Effect {
  const { contract, actionType } = watchedFrames[call.action];
  const revert = call.action === "executeBuyback" ? vaultRevert(protocol) : psmRevert(protocol, call);
  if (revert === null) {
    const operation: OperationEffect = { contract, actionType, outcome: "success", reasonCode: null, errorName: null };
    return { succeeds: true, operation, change: null, after: moved(protocol, call) };
  }
  const undone = revert.reasonCode === null ? "reverted" : "blocked";
  const outcome: Outcome = call.via === "try" ? "caught" : undone;
  return { succeeds: call.via === "try", operation: { contract, actionType, outcome, ...revert }, change: null, after: protocol };
}

function psmRevert(protocol: Protocol, call: OperateCall): Revert | null {
  if (!protocol.psmOracle) return { reasonCode: "PSM_ORACLE_MISSING", errorName: "PSM_ORACLE_MISSING" };
  if (call.action === "redeem" && call.amount > protocol.collateral) return { reasonCode: null, errorName: "InsufficientCollateral" };
  if (call.action === "mint" && call.amount > PSM_CAP - protocol.collateral) return { reasonCode: null, errorName: "MintCapExceeded" };
  return null;
}

function vaultRevert(protocol: Protocol): Revert | null {
  if (!protocol.vaultOracle) return { reasonCode: "BUYBACK_ORACLE_REQUIRED", errorName: "BUYBACK_ORACLE_REQUIRED" };
  if (!protocol.healthy) return { reasonCode: "BUYBACK_ORACLE_UNHEALTHY", errorName: "Error" };
  if (protocol.impostorHired) return { reasonCode: null, errorName: "PSM_ORACLE_MISSING" };
  return null;
}

function moved(protocol: Protocol, call: OperateCall): Protocol {
  if (call.action === "mint") return { ...protocol, collateral: protocol.collateral + call.amount };
  if (call.action === "redeem") return { ...protocol, collateral: protocol.collateral - call.amount };
  return protocol;
}

function failed(protocol: Protocol, operation: OperationEffect | null): Effect {
  return { succeeds: false, operation, change: null, after: protocol };
}

function changed(after: Protocol, change: ChangeEffect): Effect {
  return { succeeds: true, operation: null, change, after };
}

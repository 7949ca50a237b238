import {
  CONTRACTS,
  type Contract,
  type ActionType as ContractActionType,
  type ReasonCode as ContractReasonCode,
  MODULES,
  type Module,
} from "#contract/generated/chain.ts";

/** The labels of watched things, without the `unknown` that only the contract's refuge is. */
export type ContractName = Exclude<Contract, "unknown">;
/** What a caller asks for: the contract's, or one that the configuration adds; see `labels.ts`. */
export type ActionType = string;
/** A reason: the contract's, or one that the configuration adds; see `labels.ts`. */
export type ReasonCode = string;
/** A module may be unknown: an address may have no name. */
export type ModuleName = Module;

/** What a configuration may name. */
export const WATCHED_CONTRACTS: readonly ContractName[] = CONTRACTS.filter(isKnown);
export const CONFIG_MODULES: readonly Exclude<Module, "unknown">[] = MODULES.filter(isKnown);

/** How the actions of a contract are named: it keeps a slip from becoming a label of its own. */
export const ACTION_PREFIXES: Readonly<Record<ContractName, string>> = {
  PSM: "PSM_",
  BUYBACK_VAULT: "BUYBACK_",
  TREASURY_VAULT: "TREASURY_",
  SAFETY_NET: "SAFETY_NET_",
  FEE_ROUTER: "FEE_ROUTER_",
};

/** An action type as the generated labels want it: the metric's own set is widened by the configuration, see `labels.ts`. */
export function actionLabel(action: ActionType): ContractActionType {
  return action as ContractActionType;
}

/** A reason code as the generated labels want it: the metric's own set is widened by the configuration, see `labels.ts`. */
export function reasonLabel(code: ReasonCode): ContractReasonCode {
  return code as ContractReasonCode;
}

function isKnown<T extends string>(value: T): value is Exclude<T, "unknown"> {
  return value !== "unknown";
}

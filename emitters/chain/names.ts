import {
  ACTION_TYPES as ALL_ACTION_TYPES,
  REASON_CODES as ALL_REASON_CODES,
  CONTRACTS,
  type Contract,
  type ActionType as ContractActionType,
  type ReasonCode as ContractReasonCode,
  MODULES,
  type Module,
} from "#contract/generated/chain.ts";

/** The labels of watched things, without the `unknown` that only the contract's refuge is. */
export type ContractName = Exclude<Contract, "unknown">;
export type ActionType = Exclude<ContractActionType, "unknown">;
export type ReasonCode = Exclude<ContractReasonCode, "unknown">;
/** A module may be unknown: the contract lists fewer modules than contracts. */
export type ModuleName = Module;

/** What a configuration may name. */
export const WATCHED_CONTRACTS: readonly ContractName[] = CONTRACTS.filter(isKnown);
export const ACTION_TYPES: readonly ActionType[] = ALL_ACTION_TYPES.filter(isKnown);
export const REASON_CODES: readonly ReasonCode[] = ALL_REASON_CODES.filter(isKnown);
export const CONFIG_MODULES: readonly Exclude<Module, "unknown">[] = MODULES.filter(isKnown);

/** Which contracts give which codes. @see seed 000, section 2 */
const HOMES: Readonly<Record<ReasonCode, readonly ContractName[]>> = {
  PSM_ORACLE_MISSING: ["PSM"],
  BUYBACK_ORACLE_REQUIRED: ["BUYBACK_VAULT"],
  BUYBACK_ORACLE_UNHEALTHY: ["BUYBACK_VAULT"],
};

/** The reason codes that a contract gives, by the seed. */
export function reasonsAt(contract: ContractName): readonly ReasonCode[] {
  return REASON_CODES.filter((code) => HOMES[code].includes(contract));
}

/** The contracts that give a reason code, by the seed. */
export function homesOf(code: ReasonCode): readonly ContractName[] {
  return HOMES[code];
}

function isKnown<T extends string>(value: T): value is Exclude<T, "unknown"> {
  return value !== "unknown";
}

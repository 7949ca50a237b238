import type { ChainConfig } from "../config.ts";
import { placesOf, reasonsAt } from "../labels.ts";
import type { ActionType, ContractName, ReasonCode } from "../names.ts";
import { watchOf } from "../watch.ts";

/** One reason code as a configuration has it. */
export interface RegistryEntry {
  readonly code: ReasonCode;
  readonly oracleRequired: boolean;
  readonly unhealthy: boolean;
  /** The watched contracts that give it themselves. */
  readonly contracts: readonly ContractName[];
  /** The actions it can be counted under. */
  readonly actions: readonly ActionType[];
  /** Custom errors that prove it, each with its first four bytes. */
  readonly errors: readonly string[];
  /** Texts of `Error(string)` that prove it. */
  readonly messages: readonly string[];
}

/** The registry of reasons that a configuration makes: what stands in the tables, labels and series of an emitter that runs with it. */
export function registryOf(config: ChainConfig): readonly RegistryEntry[] {
  const { errors } = watchOf(config);
  return config.reasons.map(({ code, oracleRequired, unhealthy, messages }) => {
    const contracts = config.contracts.map(({ name }) => name).filter((name) => reasonsAt(name, config.reasons).includes(code));
    const actions = placesOf(config.contracts).flatMap(([contract, action]) => (contracts.includes(contract) ? [action] : []));
    const proofs = [...errors].flatMap(([selector, { name, inputs, code: proved }]) =>
      proved === code ? [`${name}(${inputs.map(({ type }) => type).join(",")}) ${selector}`] : [],
    );
    return { code, oracleRequired, unhealthy, contracts, actions, errors: proofs, messages };
  });
}

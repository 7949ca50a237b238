import { join } from "node:path";
import { faultsError } from "#core/config/place.ts";
import { type ContractFiles, readContractFiles } from "./files.ts";
import type { Contract } from "./model.ts";
import { resolveContract } from "./resolve.ts";
import { collisionRules } from "./rules/collisions.ts";
import { errorRules } from "./rules/errors.ts";
import { ledgerRules } from "./rules/ledger.ts";
import { metricRules } from "./rules/metrics.ts";
import { nameRules } from "./rules/names.ts";
import { referenceRules } from "./rules/references.ts";

/**
 * Reads `contract/*.yaml` under `root` and checks every rule a name must obey.
 *
 * @throws CONTRACT_INVALID with every fault at its file, line and column
 * @see https://github.com/open-telemetry/weaver `file_format: definition/2`
 */
export function readContract({ root }: { readonly root: string }): Contract {
  const files = readContractFiles(join(root, "contract"));
  const faults = [...files.faults, ...RULES.flatMap((rule) => rule(files))];
  if (faults.length > 0) throw faultsError("CONTRACT_INVALID", { what: "the naming contract", faults });
  return resolveContract(files);
}

const RULES: readonly ((files: ContractFiles) => ContractFiles["faults"])[] = [
  nameRules,
  metricRules,
  ledgerRules,
  referenceRules,
  collisionRules,
  errorRules,
];

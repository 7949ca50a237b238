import type { CanaryOutcome } from "#contract/generated/chain.ts";
import type { State } from "#core/state.ts";
import { attributedRoot } from "../evidence/attribution.ts";
import type { CanaryFact } from "../facts.ts";
import { runsOf } from "../memory.ts";
import type { ContractName } from "../names.ts";
import type { CanaryResult, CanarySeen } from "../observation.ts";
import { lengthened } from "../tally.ts";
import type { Watch } from "../watch.ts";
import { rememberCanary } from "./memory.ts";

/**
 * What simulated calls tell: one fact each, and what the runs of blocked operations become by them.
 *
 * A blocked call lengthens its contract's runs. They end only when every call that is configured for the contract went through: where
 * minting works and redeeming does not, the contract is still blocked.
 */
export function applyCanary(state: State, seen: CanarySeen, watch: Watch): readonly CanaryFact[] {
  const facts = seen.results.map((result) => factOf(result, seen, watch));
  for (const fact of facts) rememberCanary(state, fact, seen.atMs);
  for (const contract of new Set(facts.map((fact) => fact.contract))) tallyCanary(state, { contract, facts, watch });
  return facts;
}

function factOf({ contract, action, reverted }: CanaryResult, { atMs, number, hash, timeMs }: CanarySeen, watch: Watch): CanaryFact {
  const { chainId, liveHorizonMs } = watch;
  const verdict = reverted === null ? undefined : attributedRoot(reverted, contract, watch);
  const reasonCode = verdict?.reasonCode ?? null;
  const blocked = reasonCode !== null && watch.reasons.get(reasonCode)?.oracleRequired === true;
  const failed: CanaryOutcome = blocked ? "blocked" : "reverted";
  return {
    kind: "canary",
    id: `canary:${chainId}:${number}:${hash}:${action}`,
    timeMs,
    late: atMs - timeMs > liveHorizonMs,
    chainId,
    blockNumber: number,
    blockHash: hash,
    contract,
    actionType: action,
    outcome: verdict === undefined ? "success" : failed,
    reasonCode,
    revertKind: verdict?.decoded.kind ?? null,
    error: verdict?.decoded.message ?? verdict?.decoded.error ?? null,
  };
}

interface Round {
  readonly contract: ContractName;
  readonly facts: readonly CanaryFact[];
  readonly watch: Watch;
}

function tallyCanary(state: State, { contract, facts, watch }: Round): void {
  const own = facts.filter((fact) => fact.contract === contract);
  for (const fact of own) {
    const { outcome, reasonCode } = fact;
    if (outcome === "blocked" && reasonCode !== null) state.set("run", contract, lengthened(runsOf(state, contract), fact, reasonCode));
  }
  const whole = own.length === watch.canaries.filter((call) => call.contract === contract).length;
  if (whole && own.every(({ outcome }) => outcome === "success")) state.delete("run", contract);
}

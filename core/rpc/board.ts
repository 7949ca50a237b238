import {
  FAILOVER_REASONS,
  type FailoverReason,
  FENCES,
  rpcEndpointErrorRatio,
  rpcEndpointFenced,
  rpcEndpointFinalized,
  rpcEndpointHead,
  rpcEndpointLag,
  rpcEndpointLatency,
  rpcEndpointPrimary,
  rpcEndpointWell,
  rpcFailoverSpan,
  rpcFailovers,
} from "#contract/generated/shared.ts";
import type { Clock } from "#core/clock.ts";
import { spanIdOf, traceIdOf } from "#core/ids.ts";
import { type Log, onChange } from "#core/log.ts";
import type { Meter } from "#core/meter.ts";
import { fenceOf, type Health } from "./health.ts";
import { type Candidate, choose } from "./ranking.ts";

/** Keeps the choice of the endpoint that is asked first, and shows everything it is made from. */
export interface Board {
  readonly first: () => string;
  readonly candidates: () => readonly Candidate[];
  /** Chooses anew after something was learnt, and shows it. */
  readonly settle: () => void;
  /** Puts another one first because this one's answer contradicts another; stays when there is no other. */
  readonly demote: (provider: string) => void;
}

/** What a board looks at of an endpoint. */
export interface Observed {
  readonly endpoint: { readonly provider: string };
  readonly health: Health;
}

/** What a board needs. */
export interface BoardOptions {
  readonly members: readonly Observed[];
  /** How many blocks an endpoint may be below the best one. */
  readonly maxLagBlocks: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/** Opens a board on which the first endpoint of the configuration stands first. */
export function createBoard({ members, maxLagBlocks, clock, log, meter }: BoardOptions): Board {
  const say = onChange(log, "failover");
  for (const reason of FAILOVER_REASONS) meter.count(rpcFailovers.add({ failover_reason: reason }, 0));
  const providers = members.map(({ endpoint }) => endpoint.provider);
  let first = providers[0] ?? "";
  const candidates = (): readonly Candidate[] => members.map((member) => candidateOf(member, { maxLagBlocks, nowMs: clock.nowMs() }));
  const show = (shown: readonly Candidate[]): void => {
    for (const candidate of shown) showCandidate(meter, candidate, first);
  };
  const move = (to: string, reason: FailoverReason, from: readonly Candidate[]): void => {
    const atMs = clock.nowMs();
    const place = { traceId: traceIdOf(`failover:${first}:${to}:${atMs}`), spanId: spanIdOf(`failover:${first}:${to}:${atMs}`) };
    const told = { "offing.rpc.from": first, "offing.rpc.to": to, failover_reason: reason, "offing.rpc.candidates": JSON.stringify(from) };
    meter.trace(rpcFailoverSpan.span({ ...place, startMs: atMs, endMs: atMs }, told));
    meter.count(rpcFailovers.add({ failover_reason: reason }));
    first = to;
    say(to === providers[0] ? undefined : `asking ${to}`, { reason });
  };
  show(candidates());
  return {
    first: () => first,
    candidates,
    settle: () => {
      const now = candidates();
      const { provider, reason } = choose(now, first);
      if (reason !== null) move(provider, reason, now);
      show(now);
    },
    demote: (provider) => {
      if (provider !== first) return;
      const now = candidates();
      const at = providers.indexOf(first);
      const others = [...now.slice(at + 1), ...now.slice(0, at)];
      const other = others.find(({ fence }) => fence === null) ?? others.find(({ fence }) => fence === "behind");
      if (other !== undefined) move(other.provider, "rejected", now);
      show(now);
    },
  };
}

interface Beside {
  readonly maxLagBlocks: number;
  readonly nowMs: number;
}

function candidateOf({ endpoint, health }: Observed, { maxLagBlocks, nowMs }: Beside): Candidate {
  const { lagBlocks = null } = health;
  return {
    provider: endpoint.provider,
    fence: fenceOf(health, { nowMs, isBehind: (lagBlocks ?? 0) > maxLagBlocks }),
    head: health.head ?? null,
    finalized: health.finalized ?? null,
    lagBlocks,
    latencyMs: health.latencyMs ?? null,
    errorRatio: health.errorRatio,
    wellForMs: health.wellSinceMs === undefined ? null : nowMs - health.wellSinceMs,
  };
}

function showCandidate(meter: Meter, candidate: Candidate, first: string): void {
  const { provider, fence, head, finalized, lagBlocks, latencyMs, errorRatio, wellForMs } = candidate;
  meter.set(rpcEndpointPrimary.at({ provider }, provider === first ? 1 : 0));
  for (const name of FENCES) meter.set(rpcEndpointFenced.at({ provider, fence: name }, name === fence ? 1 : 0));
  if (head !== null) meter.set(rpcEndpointHead.at({ provider }, head));
  if (finalized !== null) meter.set(rpcEndpointFinalized.at({ provider }, finalized));
  if (lagBlocks !== null) meter.set(rpcEndpointLag.at({ provider }, lagBlocks));
  if (latencyMs !== null) meter.set(rpcEndpointLatency.at({ provider }, latencyMs / 1000));
  // Before anything was asked of it nobody knows; after a fault it is well for no time.
  if (wellForMs !== null || errorRatio > 0) meter.set(rpcEndpointWell.at({ provider }, (wellForMs ?? 0) / 1000));
  meter.set(rpcEndpointErrorRatio.at({ provider }, errorRatio));
}

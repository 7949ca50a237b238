import {
  alertThreshold,
  blockedDuration,
  blockNumber,
  blockTimestamp,
  configChanged,
  contractBlockedDuration,
  coverage,
  coverageGap,
  type FailuresRecentLabels,
  failuresRecent,
  GRADES,
  lag,
  MODULES,
  type Position,
  provisional,
  reorgDepthRecent,
  type Window,
} from "#contract/generated/chain.ts";
import type { GaugePoint } from "#core/signal.ts";
import type { ReadonlyState } from "#core/state.ts";
import { canaryPoints } from "./canary/telemetry.ts";
import type { ChainConfig } from "./config.ts";
import { blocksIn, coverageOf, gapsOf } from "./coverage.ts";
import { reasonsAt } from "./labels.ts";
import { blockAt, changedAt, finalOf, type Run, recentsOf, runsOf, type Tip, tickOf, tipOf, WINDOW_BLOCKS } from "./memory.ts";
import { type ContractName, type ReasonCode, reasonLabel } from "./names.ts";
import { deepestOfLate } from "./reorgs.ts";
import { HOUR_MS } from "./tally.ts";

/**
 * Ages, lags and run lengths at the last tick, in chain time; what is not known yet is left out.
 *
 * A run whose operations were all late is history and reads 0; a window ends at the newest applied block and holds no late operation, so
 * catching up on old blocks moves neither.
 */
export function createGauges(
  config: Pick<ChainConfig, "contracts" | "reasons" | "canary" | "alerts" | "startBlock">,
): (state: ReadonlyState) => readonly GaugePoint[] {
  const blocking = config.reasons.filter(({ oracleRequired }) => oracleRequired);
  const contracts = config.contracts
    .filter(({ actions }) => Object.keys(actions).length > 0)
    .map(({ name }): Home => ({ name, codes: reasonsAt(name, blocking) }));
  const { alerts } = config;
  return (state) => {
    const tip = tipOf(state);
    const known =
      tip === undefined
        ? []
        : [
            ...runPoints(state, contracts),
            ...recentPoints(state, { contracts, tip, ...alerts }),
            ...coveragePoints(state, config.startBlock),
            ...provisionalPoints(state, tip),
            reorgDepthRecent.at({}, deepestOfLate(state)),
          ];
    return [
      ...positionPoints(state, tip),
      ...known,
      ...changePoints(state),
      ...canaryPoints(state, config.canary.calls),
      alertThreshold.at({ alert: "ChainBuybackBlocked" }, alerts.buybackBlockedMs / 1000),
      alertThreshold.at({ alert: "ChainPsmOracleMissingBurst" }, alerts.psmMissingCount),
      alertThreshold.at({ alert: "ChainReorgDeep" }, alerts.reorgDepthBlocks),
    ];
  };
}

/** A contract with the codes that it gives itself. */
interface Home {
  readonly name: ContractName;
  readonly codes: readonly ReasonCode[];
}

function positionPoints(state: ReadonlyState, tip: Tip | undefined): readonly GaugePoint[] {
  const tick = tickOf(state);
  const positions: readonly (readonly [Position, number | null | undefined])[] = [
    ["head", tick?.head],
    ["indexed", tip?.number],
    ["safe", tick?.safe],
    ["finalized", tick?.finalized],
    ["final", finalOf(state)],
  ];
  const points = positions.flatMap(([position, number]) => (typeof number === "number" ? [blockNumber.at({ position }, number)] : []));
  if (tip !== undefined) points.push(blockTimestamp.at({}, tip.timeMs / 1000));
  if (tip !== undefined && typeof tick?.head === "number") points.push(lag.at({}, Math.max(0, tick.head - tip.number)));
  return points;
}

/** A gap is told as soon as a block is known; without a wanted first block it is counted from the lowest one that was ever read. */
function coveragePoints(state: ReadonlyState, startBlock: ChainConfig["startBlock"]): readonly GaugePoint[] {
  const intervals = coverageOf(state);
  const graded = GRADES.map((grade) => coverage.at({ grade }, blocksIn(intervals.filter((interval) => interval.grade === grade))));
  return [...graded, coverageGap.at({}, blocksIn(gapsOf(intervals, startBlock === "latest" ? undefined : startBlock)))];
}

function provisionalPoints(state: ReadonlyState, tip: Tip): readonly GaugePoint[] {
  const final = finalOf(state);
  if (final === undefined) return [];
  let count = 0;
  for (let number = tip.number; number > Math.max(final, tip.number - WINDOW_BLOCKS); number -= 1) {
    for (const fact of blockAt(state, number)?.facts ?? []) {
      if (fact.kind === "operation_summary") count += fact.operations;
      if (fact.kind === "operation") count += 1;
    }
  }
  return [provisional.at({}, count)];
}

function runPoints(state: ReadonlyState, contracts: readonly Home[]): readonly GaugePoint[] {
  return contracts.flatMap(({ name: contract, codes }) => {
    const runs = runsOf(state, contract);
    const all = new Set([...codes, ...Object.keys(runs?.byReason ?? {})]);
    return [
      contractBlockedDuration.at({ contract }, lengthSeconds(runs?.any)),
      ...[...all].map((code) => blockedDuration.at({ contract, reason_code: reasonLabel(code) }, lengthSeconds(runs?.byReason[code]))),
    ];
  });
}

function lengthSeconds(run: Run | undefined): number {
  return run?.live === true ? (run.lastMs - run.firstMs) / 1000 : 0;
}

interface Windows {
  readonly contracts: readonly Home[];
  readonly tip: Tip;
  readonly burstWindowMs: number;
}

function recentPoints(state: ReadonlyState, { contracts, tip, burstWindowMs }: Windows): readonly GaugePoint[] {
  const widths: readonly (readonly [Window, number])[] = [
    ["1h", HOUR_MS],
    ["burst", burstWindowMs],
  ];
  const sums = new Map<string, FailuresRecentLabels & { sum: number }>();
  const add = (labels: FailuresRecentLabels, count: number): void => {
    const key = `${labels.contract} ${labels.reason_code} ${labels.window}`;
    const before = sums.get(key)?.sum ?? 0;
    sums.set(key, { ...labels, sum: before + count });
  };
  for (const [window] of widths) {
    for (const { name, codes } of contracts) for (const code of codes) add({ contract: name, reason_code: reasonLabel(code), window }, 0);
  }
  for (const [, { timeMs, counts }] of recentsOf(state)) {
    for (const [window, widthMs] of widths) {
      if (timeMs <= tip.timeMs - widthMs) continue;
      for (const [contract, code, count] of counts) add({ contract, reason_code: reasonLabel(code), window }, count);
    }
  }
  return [...sums.values()].map(({ sum, ...labels }) => failuresRecent.at(labels, sum));
}

function changePoints(state: ReadonlyState): readonly GaugePoint[] {
  return MODULES.flatMap((module) => {
    const timeMs = changedAt(state, module);
    return timeMs === undefined ? [] : [configChanged.at({ module }, timeMs / 1000)];
  });
}

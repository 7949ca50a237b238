import {
  alertThreshold,
  blockedDuration,
  blockTimestamp,
  contractBlockedDuration,
  coverage,
  coverageGap,
  failuresRecent,
  lag,
  provisional,
  unresolved,
} from "#contract/generated/chain.ts";
import { blockedLinks, chainSeries } from "./chain-series.ts";
import { increase, inUnitOf, secondsSince, sumBy } from "./promql.ts";
import { show } from "./query.ts";
import { type PlaceablePanel, stat, timeseries } from "./toolkit.ts";

const { series } = chainSeries;

/** What the alerts of chain.rules.yaml say of blocked operations, as numbers now. */
export function verdicts(): PlaceablePanel[] {
  const buyback = series(contractBlockedDuration, { contract: "BUYBACK_VAULT" });
  const burst = series(failuresRecent, { contract: "PSM", reason_code: "PSM_ORACLE_MISSING", window: "burst" });
  return [
    stat({
      key: "psm-blocked",
      title: "PSM blocked for",
      description:
        "Whether anybody can mint or redeem: chain time for which every PSM operation met a missing oracle. Ten minutes are SEV-1.",
      alert: "ChainPsmBlocked",
      links: blockedLinks,
      queries: [show(series(blockedDuration, { contract: "PSM", reason_code: "PSM_ORACLE_MISSING" }), "{{instance}}")],
    }),
    stat({
      key: "buyback-blocked",
      alert: "ChainBuybackBlocked",
      title: "Buyback blocked for",
      description:
        "Whether any buyback gets through: chain time for which each one tried was blocked, beside the threshold of offing.yaml.",
      links: blockedLinks,
      queries: [show(buyback, "blocked"), show(inUnitOf(series(alertThreshold, { alert: "ChainBuybackBlocked" }), buyback), "alert from")],
    }),
    stat({
      key: "buyback-unhealthy",
      title: "Buybacks with an unhealthy oracle, last hour",
      description:
        "Whether the oracle's health is failing now: buybacks it blocked in the hour up to the newest block. More than five are SEV-2.",
      alert: "ChainBuybackUnhealthyBurst",
      links: blockedLinks,
      queries: [
        show(series(failuresRecent, { contract: "BUYBACK_VAULT", reason_code: "BUYBACK_ORACLE_UNHEALTHY", window: "1h" }), "{{instance}}"),
      ],
    }),
    stat({
      key: "psm-burst",
      alert: "ChainPsmOracleMissingBurst",
      title: "PSM without an oracle, burst window",
      description:
        "Whether the PSM's oracle has just gone missing: operations it blocked in the burst window, beside the threshold of offing.yaml.",
      links: blockedLinks,
      queries: [
        show(burst, "blocked"),
        show(inUnitOf(series(alertThreshold, { alert: "ChainPsmOracleMissingBurst" }), burst), "alert above"),
      ],
    }),
  ];
}

/** How old the newest indexed block is; ChainHeadStalled beside it. */
export function headAge(): PlaceablePanel {
  return stat({
    key: "head-age",
    title: "Age of the newest block",
    description: "How old what we know is: seconds since the newest indexed block's own time. Every chain figure speaks of that block.",
    alert: "ChainHeadStalled",
    queries: [show(secondsSince(series(blockTimestamp)), "{{instance}}")],
  });
}

/** How far the ledger is behind; ChainIndexLagging beside it. */
export function indexLag(): PlaceablePanel {
  return stat({
    key: "index-lag",
    title: "Blocks behind the head",
    description: "Whether the ledger is level with the endpoint. Red is normal while it catches up; an alert fires only when it does not.",
    alert: "ChainIndexLagging",
    queries: [show(series(lag), "{{instance}}")],
  });
}

/** What was not read; ChainCoverageGap beside it. */
export function coverageGapPanel(): PlaceablePanel {
  return timeseries({
    key: "coverage-gap",
    title: "Blocks nobody has read",
    description:
      "What the totals lack: blocks between the first wanted one and the newest that were not read. A backfill lowers it; the alert fires when it stands.",
    alert: "ChainCoverageGap",
    queries: [show(series(coverageGap), "{{instance}}")],
  });
}

/** How well blocks were read, and what a reorg may still take back. */
export function coveragePanels(): PlaceablePanel[] {
  return [
    coverageGapPanel(),
    timeseries({
      key: "coverage",
      title: "Blocks read, by grade",
      description:
        "Whether swallowed and indirect calls can be seen: `traced` blocks were looked into, `signs` ones where something showed, `receipts` ones were only counted whole.",
      queries: [show(series(coverage), "{{grade}}")],
    }),
    timeseries({
      key: "provisional",
      title: "Operations not final yet",
      description: "What a reorg may still take back: operations in blocks above the final one. It falls when finality moves on.",
      queries: [show(series(provisional), "{{instance}}")],
    }),
  ];
}

/** Failures without a name; ChainOperationsUnresolved beside it. */
export function unresolvedPanel(): PlaceablePanel {
  return timeseries({
    key: "unresolved",
    alert: "ChainOperationsUnresolved",
    title: "Failed for an unknown reason within the hour",
    description:
      "Failures that nobody can name: revert bytes outside the configured ABI, or no trace at all. An oracle reason may hide here.",
    queries: [show(sumBy(increase(series(unresolved), "1h"), ["job", "instance", "evidence"]), "{{evidence}}")],
  });
}

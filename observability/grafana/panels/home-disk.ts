import { diskBudget, diskBudgetRatio, diskFilledRatio, diskUsed, linesKept } from "#contract/generated/stack.ts";
import { maxBy, sampleAge, selectorOf, type Vector } from "./promql.ts";
import { show } from "./query.ts";
import { bars, type PlaceablePanel, stat, timeseries } from "./toolkit.ts";

/** What the stack takes on its disk, and how near that is to its budget and to the end of the disk. */
export function diskLine(jobs: RegExp): PlaceablePanel[] {
  const { series } = selectorOf({ job: jobs });
  return [
    stat({
      key: "disk-measured",
      title: "Disk: last measured",
      description: "Whether the figures beside it are of now: seconds since `./offing up` last measured, looked for within an hour.",
      height: 8,
      queries: [show(sampleAge(series(diskFilledRatio)), "{{instance}}")],
    }),
    stat({
      key: "disk-filled",
      title: "Disk: share taken",
      description: "Whether everything stops soon: the share of the disk under the stack that is taken, by whomever.",
      alert: "OffingDiskNearlyFull",
      height: 8,
      queries: [show(share(series(diskFilledRatio)), "{{instance}}")],
    }),
    bars({
      key: "disk-budget",
      title: "Disk: share of the budget",
      description: "Which part outgrows what `./offing up --disk-budget` gives it.",
      alert: "OffingDiskBudgetNearlySpent",
      noData: "no budget is set",
      height: 8,
      queries: [show(share(series(diskBudgetRatio)), "{{part}}")],
    }),
    stat({
      key: "disk-lines-kept",
      title: "Disk: lines are kept for",
      description:
        "How far back log lines go. `./offing up --disk-budget` shortens it when they outgrow Loki's share, to a day at the least.",
      noData: "90 days: no budget is set",
      height: 8,
      queries: [show(maxBy(series(linesKept), ["instance"]), "{{instance}}")],
    }),
    timeseries({
      key: "disk-used",
      title: "Disk: what each part takes",
      description: "How fast each part grows, and the budget beside it where one is set. A ledger only grows until it is pruned.",
      height: 8,
      queries: [show(maxBy(series(diskUsed), ["part"]), "{{part}}"), show(maxBy(series(diskBudget), ["part"]), "{{part}} budget")],
    }),
  ];
}

/** A gauge's unit may not be `1` in the contract, whose name would change; on a panel it is a percentage. */
function share<Label extends string>(vector: Vector<Label>): Vector<Label> {
  return { ...vector, unit: "1" };
}

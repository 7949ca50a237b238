import type { ChangeRow, Episode } from "./episodes.ts";
import type { Explanation } from "./explain.ts";

/** The explanation for a person: one paragraph an episode, the newest last. */
export function renderExplanation({ sinceMs, untilMs, operations, blocked, episodes, changes }: Explanation): string {
  const head = `From ${moment(sinceMs)} to ${moment(untilMs)}: ${plural(operations, "operation")}, ${blocked} of them blocked by an oracle.\n`;
  if (episodes.length === 0) return `${head}Nothing was blocked. ${changesInWords(changes)}\n`;
  return `${head}\n${episodes.map(episodeInWords).join("\n\n")}\n\n${changesInWords(changes)}\n`;
}

function episodeInWords(episode: Episode): string {
  const { contract, firstAtMs, firstBlock, lastAtMs, endedAtMs, count, callers } = episode;
  const end =
    endedAtMs === null
      ? `The last was at ${moment(lastAtMs)}; no operation has gone through since, so it may still be blocked.`
      : `An operation went through again at ${moment(endedAtMs)}, after ${duration(endedAtMs - firstAtMs)}.`;
  return [
    `${contract} was blocked from ${moment(firstAtMs)} (block ${firstBlock}): ${plural(count, "operation")}, ${listed(episode.byReason)}.`,
    `Turned away: ${plural(callers, "caller")} (${listed(episode.byCaller)}), with ${listed(episode.byAction)}.`,
    end,
    causeInWords(episode),
  ]
    .map((line, index) => (index === 0 ? line : `  ${line}`))
    .join("\n");
}

function causeInWords({ firstAtMs, before, during }: Episode): string {
  const [nearest, ...others] = before;
  const cause =
    nearest === undefined
      ? "No change of configuration came shortly before: look at the oracle itself first."
      : `${duration(firstAtMs - nearest.atMs)} before, ${changeInWords(nearest)}. Ask whether that was meant.` +
        (others.length === 0 ? "" : ` ${plural(others.length, "more change")} came before that one.`);
  const mend = during.length === 0 ? "" : ` While it lasted: ${during.map(changeInWords).join("; ")}.`;
  return `${cause}${mend}`;
}

function changesInWords(changes: readonly ChangeRow[]): string {
  if (changes.length === 0) return "No configuration was changed.";
  const lines = changes.map((change) => `  ${moment(change.atMs)}  ${changeInWords(change)}`);
  return `${plural(changes.length, "change")} of configuration:\n${lines.join("\n")}`;
}

function changeInWords({ module, changedBy, summary, blockNumber }: ChangeRow): string {
  return `${module} was changed by ${changedBy} in block ${blockNumber}: ${summary}`;
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([word, count]) => `${count} ${word}`)
    .join(", ");
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** The two largest units: 2 d 3 h, 1 h 5 min, 40 s. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const units = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ] as const;
  const from = units.findIndex(([size]) => seconds >= size);
  if (from === -1) return "0 s";
  let rest = seconds;
  const words = units.slice(from, from + 2).map(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? "" : `${count} ${unit}`;
  });
  return words.filter((word) => word !== "").join(" ");
}

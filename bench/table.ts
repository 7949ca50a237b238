import type { Row, Target } from "./bench.ts";
import { median, meets, pairedRatio, spread } from "./statistics.ts";

const HEADS = ["figure", "ours", "unit", "spread", "peer", "ours/peer", "target"];
/** Columns of numbers stand to the right. */
const RIGHT = new Set([1, 3, 5]);

/** Draws rows as one table: medians, how far the rounds lie apart, and the ratio to the peer of the same run. */
export function drawTable(groups: readonly { readonly name: string; readonly rows: readonly Row[] }[]): string {
  const lines = groups.map(({ name, rows }) => ({ name, cells: rows.map(cellsOf) }));
  const all = [HEADS, ...lines.flatMap(({ cells }) => cells)];
  const widths = HEADS.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  const draw = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (RIGHT.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [draw(HEADS), ...lines.flatMap(({ name, cells }) => ["", name, ...cells.map(draw)])].join("\n");
}

function cellsOf({ figure, unit, ours, peer, target }: Row): string[] {
  const value = median(ours);
  return [
    `  ${figure}`,
    numeral(value),
    unit,
    ours.length > 1 ? `${Math.round(spread(ours) * 100)} %` : "",
    peer === undefined ? "" : `${numeral(median(peer.values))}  ${peer.name}`,
    peer === undefined ? "" : pairedRatio(ours, peer.values).toFixed(2),
    target === undefined ? "" : `${wanted(target)}  ${meets(value, target) ? "met" : "MISSED"}`,
  ];
}

function wanted(target: Target): string {
  return "atLeast" in target ? `>= ${numeral(target.atLeast)}` : `<= ${numeral(target.atMost)}`;
}

/** Three significant digits, thousands apart. */
function numeral(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString("en", { maximumSignificantDigits: 3 }) : "-";
}

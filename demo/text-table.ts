/** Draws rows as a table with aligned columns; numbers stand to the right. */
export function textTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => String(row[column] ?? "").length)));
  const cell = (value: string | number, column: number): string => {
    const width = widths[column] ?? 0;
    return typeof value === "number" ? String(value).padStart(width) : value.padEnd(width);
  };
  const line = (cells: readonly (string | number)[]): string => `  ${cells.map(cell).join("  ")}`.trimEnd();
  return [line(head), `  ${widths.map((width) => "─".repeat(width)).join("  ")}`, ...rows.map(line)].join("\n");
}

import { closeSync, openSync, readSync } from "node:fs";
import { servePart } from "../part.ts";
import { ownCpuSeconds } from "../usage.ts";

/** Which file is parsed. */
export interface ParseOrder {
  readonly file: string;
}

/** How fast. */
export interface ParseAnswer {
  readonly linesPerCpuSecond: number;
}

const CHUNK_BYTES = 65_536;
const NEWLINE = 10;

await servePart<ParseOrder, ParseAnswer>(async ({ file }) => {
  const before = process.cpuUsage();
  const lines = parseLines(file);
  return { linesPerCpuSecond: lines / ownCpuSeconds(before) };
});

/** What whoever takes a JSON log apart in JavaScript does at least: finds its lines and parses each. */
function parseLines(file: string): number {
  const descriptor = openSync(file, "r");
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let lines = 0;
  for (let at = 0; ; ) {
    const bytes = readSync(descriptor, buffer, 0, buffer.length, at);
    const end = buffer.subarray(0, bytes).lastIndexOf(NEWLINE) + 1;
    if (end === 0) break;
    at += end;
    const text = buffer.toString("latin1", 0, end);
    for (let start = 0; start < text.length; ) {
      const next = text.indexOf("\n", start) + 1;
      const value = JSON.parse(text.slice(start, next)) as { readonly timestamp?: unknown };
      if (value.timestamp !== undefined) lines += 1;
      start = next;
    }
  }
  closeSync(descriptor);
  return lines;
}

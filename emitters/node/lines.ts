import { isAscii, isUtf8 } from "node:buffer";
import type { Mapping } from "./compile.ts";
import { decodeUtf8 } from "./line-shapes.ts";
import { type LogRecord, recordOf } from "./record.ts";

/** One line as it was read; it holds the next one afterwards. */
export interface Line {
  /** Where it begins, in bytes from the beginning of its file. */
  offset: number;
  /** Undefined for what is no JSON object. */
  record: LogRecord | undefined;
  /** The parsed object where it was parsed in full. */
  object: object | undefined;
  /** The text of a line that is no JSON object. */
  text: string | undefined;
  isUtf8: boolean;
}

/**
 * Reads the lines of a stretch of a file one after the other; `format` is asked before each, because the first lines may tell it.
 *
 * Gives back how many lines were not told to `each` because nothing in them counts; they are records of a known shape.
 */
export function readLines(bytes: Buffer, offset: number, format: () => Mapping, each: (line: Line) => void): number {
  let quiet = 0;
  for (let from = 0; from < bytes.length; ) {
    const end = textEnd(bytes, from);
    quiet += readText(bytes.subarray(from, end), offset + from, format, each);
    from = end;
  }
  return quiet;
}

/** Small enough that it is no large object to the memory's management. */
const TEXT_BYTES = 65_536;

/** As many whole lines as make one text of a good size. */
function textEnd(bytes: Buffer, from: number): number {
  const limit = from + TEXT_BYTES;
  if (limit >= bytes.length) return bytes.length;
  const last = bytes.lastIndexOf(NEWLINE, limit - 1);
  const end = last >= from ? last : bytes.indexOf(NEWLINE, limit);
  return end === -1 ? bytes.length : end + 1;
}

const NEWLINE = 10;

function readText(bytes: Buffer, offset: number, format: () => Mapping, each: (line: Line) => void): number {
  const text = bytes.toString("latin1");
  const ascii = isAscii(bytes);
  const sound = ascii || isUtf8(bytes);
  let quiet = 0;
  // One for all of them: most lines are read and forgotten.
  const line: Line = { offset, record: undefined, object: undefined, text: undefined, isUtf8: true };
  for (let start = 0; start < text.length; ) {
    const mapping = format();
    const next = sound ? mapping.shapes.quietEnd(text, start) : -1;
    if (next > start) {
      quiet += 1;
      start = next;
      continue;
    }
    const record = mapping.shapes.match(text, start, ascii);
    const end = record === undefined ? lineEnd(text, start) : mapping.shapes.end;
    line.offset = offset + start;
    line.isUtf8 = sound || isUtf8(bytes.subarray(start, end));
    line.record = record;
    line.object = line.text = undefined;
    const written = record === undefined ? text.slice(start, end).trimEnd() : undefined;
    if (written !== undefined) Object.assign(line, parse(written, mapping));
    if (written !== "") each(line);
    start = end;
  }
  return quiet;
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end === -1 ? text.length : end + 1;
}

function parse(line: string, { shapes }: Mapping): Pick<Line, "record" | "object" | "text"> {
  if (line.startsWith("{")) {
    try {
      const object = shapes.parse(line);
      if (object !== undefined) return { object, record: recordOf(object), text: undefined };
    } catch {
      // It is forwarded and counted as what it is.
    }
  }
  return { object: undefined, record: undefined, text: decodeUtf8(line) };
}

import { isAscii, isUtf8 } from "node:buffer";
import type { Mapping } from "./compile.ts";
import { decodeUtf8 } from "./line-shapes.ts";
import { type LogRecord, recordOf } from "./record.ts";

/** One line as it was read. */
export interface Line {
  /** Where it begins, in bytes from the beginning of its file. */
  readonly offset: number;
  /** Undefined for what is no JSON object. */
  readonly record: LogRecord | undefined;
  /** The parsed object where it was parsed in full. */
  readonly object: object | undefined;
  /** The text of a line that is no JSON object. */
  readonly text: string | undefined;
  readonly isUtf8: boolean;
}

/** Reads the lines of a stretch of a file one after the other; `format` is asked before each, because the first lines may tell it. */
export function readLines(bytes: Buffer, offset: number, format: () => Mapping, each: (line: Line) => void): void {
  const text = bytes.toString("latin1");
  const sound = isAscii(bytes) || isUtf8(bytes);
  for (let start = 0; start < text.length; ) {
    const { shapes } = format();
    const matched = shapes.match(text, start);
    const end = matched?.end ?? lineEnd(text, start);
    const valid = sound || isUtf8(bytes.subarray(start, end));
    if (matched !== undefined) each({ offset: offset + start, record: matched.record, object: undefined, text: undefined, isUtf8: valid });
    else {
      const line = text.slice(start, end).trimEnd();
      if (line !== "") each({ offset: offset + start, isUtf8: valid, ...parse(line, format()) });
    }
    start = end;
  }
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

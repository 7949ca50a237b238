import type { State } from "#core/state.ts";
import { decodeUtf8 } from "./line-shapes.ts";
import type { Line } from "./lines.ts";
import type { Origin } from "./observation.ts";
import { fieldsOf } from "./record.ts";
import { type Moment, momentOf } from "./times.ts";

/** What stood inside a wrapped line. */
export interface Unwrapped {
  readonly text: string;
  readonly moment: Moment | undefined;
  /** The wrapper's own place of the line, where it has one. */
  readonly cursor: string | undefined;
}

/** Wrapped lines of which only a part was read, by origin and stream. */
const PARTIALS = "partials";
/** A longer line is taken in pieces. */
const LONGEST = 16 * 1024 * 1024;

/** The program's own line inside a line of Docker's json-file or of `journalctl -o json`; undefined while only a part of it was read. */
export function unwrap(line: Line, { origin, state }: { origin: Origin; state: State }): Unwrapped | undefined {
  const fields: Fields = line.record === undefined ? new Map() : fieldsOf(line.record);
  if (origin.wrap === "journald") return fromJournald(fields, line);
  return fromDocker(fields, { origin, state, line });
}

/** Forgets what was begun and not ended in a file that is gone. */
export function forgetPieces(state: State, originId: string): void {
  for (const stream of ["stdout", "stderr", "undefined"]) state.delete(PARTIALS, `${originId}\u0000${stream}`);
}

/** Docker cuts lines at 16 KiB: all pieces but the last have no line end. */
function fromDocker(fields: Fields, { origin, state, line }: { origin: Origin; state: State; line: Line }): Unwrapped | undefined {
  const piece = fields.get("log");
  if (typeof piece !== "string") return { text: line.text ?? "", moment: undefined, cursor: undefined };
  const key = `${origin.id}\u0000${String(fields.get("stream"))}`;
  const before = (state.get(PARTIALS, key) as string | undefined) ?? "";
  const text = before + piece;
  if (!piece.endsWith("\n") && text.length < LONGEST) {
    state.set(PARTIALS, key, text);
    return undefined;
  }
  state.delete(PARTIALS, key);
  return { text, moment: momentOf(fields.get("time")), cursor: undefined };
}

/** A message that is no UTF-8 comes as a list of bytes. */
function fromJournald(fields: Fields, line: Line): Unwrapped {
  const message = fields.get("MESSAGE");
  const text = typeof message === "string" && message.startsWith("[") && /^\[\d/.test(message) ? fromBytes(message) : message;
  const cursor = fields.get("__CURSOR");
  return {
    text: typeof text === "string" ? text : (line.text ?? ""),
    moment: momentOf(fields.get("__REALTIME_TIMESTAMP")),
    cursor: typeof cursor === "string" ? cursor : undefined,
  };
}

function fromBytes(list: string): string {
  try {
    const bytes: unknown = JSON.parse(list);
    return Array.isArray(bytes) ? decodeUtf8(Buffer.from(bytes).toString("latin1")) : list;
  } catch {
    return list;
  }
}

type Fields = ReadonlyMap<string, string | number | boolean | null>;

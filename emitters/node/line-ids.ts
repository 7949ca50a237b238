import { hash } from "node:crypto";
import type { Origin } from "./observation.ts";

/** What makes a line itself: the same file and offset give the same ids after any restart. Made when asked for: most lines need none. */
export class LineId {
  readonly #origin: Origin;
  readonly #place: number | string;
  readonly #index: number;

  /** @param place - the offset, or a name that the source has for the line; @param index - tells apart the records of one line */
  constructor(origin: Origin, place: number | string, index = 0) {
    this.#origin = origin;
    this.#place = place;
    this.#index = index;
  }

  /** For people and for telling repeats: `<file id>:<offset>`. */
  get uid(): string {
    return `${this.#origin.id}:${this.#place}${this.#index === 0 ? "" : `.${this.#index}`}`;
  }

  /** 16 hexadecimal digits: the id of a span that this line tells of. */
  get spanId(): string {
    if (this.#index > 0 || typeof this.#place === "string") return hash("sha256", this.uid).slice(0, 16);
    // Without a digest, which would cost as much as reading the line: 24 bits of the file and 40 of the offset.
    return this.#origin.id.slice(0, 6) + this.#place.toString(16).padStart(10, "0");
  }

  /** 32 hexadecimal digits: the trace it begins when it belongs to none. */
  get traceId(): string {
    return this.#origin.id.slice(0, 16) + this.spanId;
  }
}

/** The id of a span that lines inside it name and that was not seen to begin. */
export function impliedSpanId(id: LineId, depth: number): string {
  return hash("sha256", `${id.uid}/${depth}`).slice(0, 16);
}

/** An origin's id from what identifies it. */
export function originId(text: string): string {
  return hash("sha256", text).slice(0, 24);
}

/** The place of an operation's whole span, which any process can tell from its id alone. */
export function operationPlace(operationId: string): { readonly traceId: string; readonly spanId: string } {
  if (operationId !== lastOperation) {
    lastOperation = operationId;
    lastTrace = hash("sha256", operationId).slice(0, 32);
  }
  return { traceId: lastTrace, spanId: lastTrace.slice(0, 16) };
}

/** The lines of an operation often follow each other. */
let lastOperation = "";
let lastTrace: string = hash("sha256", "").slice(0, 32);

/** A trace id as W3C has it. */
export function isTraceId(value: unknown): value is string {
  return typeof value === "string" && /^(?!0{32})[0-9a-f]{32}$/.test(value);
}

/** A span id as W3C has it. */
export function isSpanId(value: unknown): value is string {
  return typeof value === "string" && /^(?!0{16})[0-9a-f]{16}$/.test(value);
}

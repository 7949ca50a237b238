import { type ErrorCode, OffingError } from "#core/errors.ts";

/** Where in a file something stands; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong in a file, at its place. */
export interface Fault {
  readonly place: Place;
  /** The dotted path of the value, such as `chain.rpc.urls[0]`; empty when the whole file is meant. */
  readonly subject: string;
  /** What is wrong, never with the value itself: it may be a secret. */
  readonly message: string;
}

/** Renders a path of keys and positions as `chain.rpc.urls[0]`. */
export function renderPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

/** Renders a fault on one line: `offing.yaml:12:5 chain.rpc.urls[0]: is not a URL`. */
function renderFault(fault: Fault): string {
  const subject = fault.subject === "" ? "" : `${fault.subject}: `;
  return `${fault.place.file}:${fault.place.line}:${fault.place.column} ${subject}${fault.message}`;
}

/** Makes the one error that names all `faults`, ordered by place and without repeats; `context.faults` holds their number. */
export function faultsError(code: ErrorCode, options: { readonly what: string; readonly faults: readonly Fault[] }): OffingError {
  const lines = [...new Set([...options.faults].sort(byPlace).map(renderFault))];
  const count = lines.length === 1 ? "1 fault" : `${lines.length} faults`;
  return new OffingError(code, { message: [`${options.what} has ${count}`, ...lines].join("\n  "), context: { faults: lines.length } });
}

function byPlace(a: Fault, b: Fault): number {
  if (a.place.file !== b.place.file) return a.place.file < b.place.file ? -1 : 1;
  return a.place.line - b.place.line || a.place.column - b.place.column;
}

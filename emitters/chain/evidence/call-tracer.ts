import type { Frame } from "../observation.ts";
import { callOf, endOf, type KeepsInput } from "./frame-parts.ts";

/** The root frame of a call trace, with the gas that the tracer says it used; undefined where it says none. */
export interface CallTrace {
  readonly frame: Frame;
  readonly gasUsed: bigint | undefined;
}

/**
 * Reads the answer of geth's call tracer; undefined when it is none, such as the `{}` of a tracer that the node does not know.
 *
 * @see https://geth.ethereum.org/docs/developers/evm-tracing/built-in-tracers#call-tracer
 */
export function parseCallTrace(value: unknown, keepsInput: KeepsInput): CallTrace | undefined {
  const frame = parseFrame(value, keepsInput);
  if (frame === undefined) return undefined;
  const { gasUsed } = value as { readonly gasUsed?: unknown };
  return { frame, gasUsed: typeof gasUsed === "string" && /^0x[0-9a-f]{1,64}$/i.test(gasUsed) ? BigInt(gasUsed) : undefined };
}

/** One frame with those below it. Inputs and outputs of no use are dropped. */
function parseFrame(value: unknown, keepsInput: KeepsInput): Frame | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const raw = value as Readonly<Record<string, unknown>>;
  const { type, from, to, input } = raw;
  if (typeof type !== "string" || typeof from !== "string" || typeof input !== "string") return undefined;
  const children = raw["calls"] ?? [];
  if (!Array.isArray(children)) return undefined;
  const calls = children.map((child) => parseFrame(child, keepsInput));
  if (!calls.every((call) => call !== undefined)) return undefined;
  const error = typeof raw["error"] === "string" ? raw["error"] : null;
  // The tracer leaves the output out when there is none.
  const output = typeof raw["output"] === "string" ? raw["output"] : "0x";
  return { type, ...callOf({ from, to, input }, keepsInput), ...endOf(error, output), calls };
}

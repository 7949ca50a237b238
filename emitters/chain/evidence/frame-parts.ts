import { clean } from "#core/clean.ts";
import { selectorOfInput } from "../frames.ts";
import type { Frame } from "../observation.ts";
import { setterKey, type Watch } from "../watch.ts";

/** What of a trace is of use: calls of these addresses, and all of the input where one calls a known setter. */
export type Sight = Pick<Watch, "touched" | "setters">;

/**
 * So deep a call can be below its transaction's root: the EVM refuses it there, and tracers tell that. What claims to be deeper is no trace,
 * and would end the stack of whoever walks down it.
 */
export const DEEPEST = 1_025;

/** Who calls whom with what, as every tracer tells it. */
export interface RawCall {
  readonly from: string;
  readonly to?: unknown;
  readonly input: string;
}

const HALT_LENGTH = 64;
const REVERT = "execution reverted";

/** Tracers name the same end differently. */
const ENDS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^(execution )?revert(ed)?\b/i, REVERT],
  [/out ?of ?gas/i, "out of gas"],
  [/bad instruction|invalid ?(fe)?opcode|opcode 0xfe/i, "invalid opcode"],
];

/** The fields of a frame that tell of its call. */
export function callOf({ from, to, input }: RawCall, { touched, setters }: Sight): Pick<Frame, "from" | "to" | "selector" | "input"> {
  const address = typeof to === "string" ? to.toLowerCase() : null;
  const selector = selectorOfInput(input);
  const call = { from: from.toLowerCase(), to: address, selector };
  const isOurs = address !== null && touched.has(address);
  return isOurs && setters.has(setterKey(address, selector)) ? { ...call, input: input.toLowerCase() } : call;
}

/** The fields of a frame that tell how it ended: `output` null stands for revert bytes that the tracer keeps to itself. */
export function endOf(error: string | null, output: string | null): Pick<Frame, "error" | "output"> {
  if (error === null) return { error: null, output: "0x" };
  const name = ENDS.find(([pattern]) => pattern.test(error))?.[1] ?? clean(error, HALT_LENGTH).toLowerCase();
  if (name !== REVERT) return { error: name, output: output?.toLowerCase() ?? "0x" };
  return { error: name, output: output?.toLowerCase() ?? null };
}

import type { Frame } from "../observation.ts";
import { callOf, DEEPEST, endOf, type Sight } from "./frame-parts.ts";

/** The root frame of a call trace, with the gas that the tracer says it used; undefined where it says none. */
export interface CallTrace {
  readonly frame: Frame;
  readonly gasUsed: bigint | undefined;
}

/**
 * Reads the answer of geth's call tracer; undefined when it is none, such as the `{}` of a tracer that the node does not know.
 *
 * Of a trace that calls nothing of ours the root alone is kept: most of a chain is foreign, and every frame of it is looked at, but none is
 * made into one of ours.
 *
 * @see https://geth.ethereum.org/docs/developers/evm-tracing/built-in-tracers#call-tracer
 */
export function parseCallTrace(value: unknown, sight: Sight): CallTrace | undefined {
  if (!isFrame(value)) return undefined;
  const isOurs = calls(value, sight, 0);
  if (isOurs === undefined) return undefined;
  const { gasUsed } = value;
  return {
    frame: isOurs ? wholeFrame(value, sight) : { ...ownFrame(value, sight), calls: [] },
    gasUsed: typeof gasUsed === "string" && /^0x[0-9a-f]{1,64}$/i.test(gasUsed) ? BigInt(gasUsed) : undefined,
  };
}

/** A frame as the tracer tells it, of which these fields are sure to be there. */
interface RawFrame {
  readonly type: string;
  readonly from: string;
  readonly input: string;
  readonly to?: unknown;
  readonly gasUsed?: unknown;
  readonly error?: unknown;
  readonly output?: unknown;
  readonly calls?: readonly unknown[];
}

function isFrame(value: unknown): value is RawFrame {
  if (typeof value !== "object" || value === null) return false;
  const { type, from, input, calls: below } = value as Readonly<Record<string, unknown>>;
  const isOne = typeof type === "string" && typeof from === "string" && typeof input === "string";
  return isOne && (below === undefined || below === null || Array.isArray(below));
}

/** Whether a frame, or one below it at any depth, calls one of ours; undefined where one of them is not readable. */
function calls(frame: RawFrame, sight: Sight, depth: number): boolean | undefined {
  if (depth > DEEPEST) return undefined;
  let isOurs = typeof frame.to === "string" && sight.touched.has(frame.to.toLowerCase());
  for (const child of frame.calls ?? []) {
    const below = isFrame(child) ? calls(child, sight, depth + 1) : undefined;
    if (below === undefined) return undefined;
    isOurs ||= below;
  }
  return isOurs;
}

/** One readable frame with those below it. */
function wholeFrame(raw: RawFrame, sight: Sight): Frame {
  return { ...ownFrame(raw, sight), calls: (raw.calls ?? []).map((child) => wholeFrame(child as RawFrame, sight)) };
}

/** One frame without those below it. Inputs and outputs of no use are dropped. */
function ownFrame(raw: RawFrame, sight: Sight): Omit<Frame, "calls"> {
  const error = typeof raw.error === "string" ? raw.error : null;
  // The tracer leaves the output out when there is none.
  const output = typeof raw.output === "string" ? raw.output : "0x";
  return { type: raw.type, ...callOf(raw, sight), ...endOf(error, output) };
}

/** A call trace with the transaction that the node says it is of; not every node says one. */
export interface BlockTrace extends CallTrace {
  readonly transactionHash: string | undefined;
}

/** Reads the call traces of a block's transactions, in the order of the answer: undefined stands for what is none. */
export function parseBlockTraces(value: unknown, sight: Sight): readonly (BlockTrace | undefined)[] {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [];
  return entries.map((entry) => {
    const { result, txHash } = (entry ?? {}) as { readonly result?: unknown; readonly txHash?: unknown };
    const trace = parseCallTrace(result, sight);
    return trace && { ...trace, transactionHash: typeof txHash === "string" ? txHash.toLowerCase() : undefined };
  });
}

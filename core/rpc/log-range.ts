import { OffingError } from "#core/errors.ts";
import { faultOf } from "./endpoint.ts";

/** Blocks, both ends included. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

/** What of a range was read, in order. */
export interface RangeAnswer<T> extends BlockRange {
  readonly result: T;
}

/** How wide ranges are. */
export interface RangeOptions {
  /** At the start. */
  readonly span: number;
  readonly largestSpan: number;
}

/**
 * Asks for a long range in pieces that the node can answer, such as those of `eth_getLogs`.
 *
 * A piece that is refused or too large is taken at the width the node's own words suggest, or else halved; after each answer the width grows
 * slowly again. A single block that is refused is the caller's to deal with.
 *
 * @throws what `ask` throws, when it is no matter of width
 */
export async function* readRanges<T>(
  { from, to }: BlockRange,
  ask: (range: BlockRange) => Promise<T>,
  { span: startSpan, largestSpan }: RangeOptions,
): AsyncGenerator<RangeAnswer<T>> {
  let span = Math.min(startSpan, largestSpan);
  for (let next = from; next <= to; ) {
    const range = { from: next, to: Math.min(to, next + span - 1) };
    let result: T;
    try {
      result = await ask(range);
    } catch (error) {
      const width = range.to - range.from + 1;
      if (width === 1 || !isTooWide(error)) throw error;
      span = Math.min(hintedWidth(error, range) ?? Math.ceil(width / 2), width - 1);
      continue;
    }
    yield { ...range, result };
    next = range.to + 1;
    span = Math.min(largestSpan, span + Math.max(1, Math.floor(span / 8)));
  }
}

/** Nodes agree neither on a code nor on words; what they have in common is that they speak of ranges, results or limits. */
function isTooWide(error: unknown): boolean {
  if (!(error instanceof OffingError)) return false;
  const fault = faultOf(error);
  if (fault === "too_large") return true;
  if (fault === "http_status") return error.context["status"] === 413;
  const { rpc_code: code, detail } = error.context;
  return (
    fault === "rpc_error" &&
    (code === -32_005 || /range|limit|too (many|large|big)|exceed|more than|timeout|timed out/i.test(String(detail)))
  );
}

/** Some nodes say which range they would answer: `[0x64, 0xc8]`. @see the error texts of Alchemy and Infura */
function hintedWidth(error: unknown, range: BlockRange): number | undefined {
  const detail = error instanceof OffingError ? String(error.context["detail"]) : "";
  const [, from, to] = /\[(0x[0-9a-f]+),\s*(0x[0-9a-f]+)\]/i.exec(detail) ?? [];
  if (from === undefined || to === undefined || Number(from) !== range.from || Number(to) < range.from) return undefined;
  return Number(to) - range.from + 1;
}

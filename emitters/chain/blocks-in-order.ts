import { type Begin, type InOrder, inOrder } from "./in-order.ts";
import type { BlockSeen } from "./observation.ts";

/** What of a piece is the block, and how many are on their way at once. */
export interface BlocksOptions<T> {
  readonly width: number;
  readonly blockOf: (piece: T) => BlockSeen;
}

/** So many transactions of ours are written at once, some megabytes of facts: of quiet blocks many have them, of busy ones few. */
const TRANSACTIONS = 2_048;

/** Blocks that are read ahead, and taken until they hold enough transactions that matter. */
export function blocksInOrder<T>(begin: Begin<T>, { width, blockOf }: BlocksOptions<T>): InOrder<T> {
  return inOrder(begin, { width, weightOf: (piece) => blockOf(piece).transactions.length, enough: TRANSACTIONS });
}

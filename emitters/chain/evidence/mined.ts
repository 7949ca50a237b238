import type { Frame, RootRevert } from "../observation.ts";
import type { RawBlock, RawReceipt, RawTransaction } from "../shapes.ts";

/** A transaction with its receipt, which was proved to be its own. */
export interface Mined {
  readonly transaction: RawTransaction;
  readonly receipt: RawReceipt;
  readonly index: number;
}

/** A block with its transactions, all of them, in their order. */
export interface MinedBlock {
  readonly block: RawBlock;
  readonly mined: readonly Mined[];
}

/** What a transaction's root reverted with, and how that is known. */
export type RootBytes = Pick<RootRevert, "by" | "data">;

/** Puts transactions and receipts of a block together. */
export function minedOf(block: RawBlock, receipts: readonly RawReceipt[]): MinedBlock {
  const mined = block.transactions.flatMap((transaction, index): readonly Mined[] => {
    const receipt = receipts[index];
    return receipt === undefined ? [] : [{ transaction, receipt, index }];
  });
  return { block, mined };
}

/** The root frame must be the transaction, and must have ended as the receipt says: some nodes lose or invent errors. */
export function agrees(root: Frame, { transaction, receipt }: Mined): boolean {
  const { from, to, selector } = transaction;
  const same = to === null ? root.type.startsWith("CREATE") : root.to === to && root.selector === selector;
  return root.from === from && same && (root.error === null) === receipt.success;
}

/** Whether a tracer's gas is the receipt's. Anvil tells the running sum of the block instead. */
export function gasAgrees(gasUsed: bigint | undefined, { receipt }: Mined): boolean {
  return gasUsed === undefined || gasUsed === receipt.gasUsed || gasUsed === receipt.cumulativeGasUsed;
}

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

/** A transaction as far as its receipt tells of it, which is all but what it was called with. */
export interface Outlined extends Omit<Mined, "transaction"> {
  readonly transaction: Pick<RawTransaction, "hash" | "from" | "to" | "isSigned"> & Partial<Pick<RawTransaction, "selector">>;
}

/** What a transaction's root reverted with, and how that is known. */
export type RootBytes = Pick<RootRevert, "by" | "data">;

/** Puts transactions and receipts of a block together. */
export function minedOf(transactions: readonly RawTransaction[], receipts: readonly RawReceipt[]): readonly Mined[] {
  return transactions.flatMap((transaction, index): readonly Mined[] => {
    const receipt = receipts[index];
    return receipt === undefined ? [] : [{ transaction, receipt, index }];
  });
}

/** What receipts tell of the transactions of a block; undefined where one does not tell all of it. */
export function outlinesOf(receipts: readonly RawReceipt[]): readonly Outlined[] | undefined {
  const outlined = receipts.flatMap((receipt, index): readonly Outlined[] => {
    const { transactionHash: hash, from, to, isSigned } = receipt;
    if (from === undefined || to === undefined || isSigned === undefined) return [];
    return [{ transaction: { hash, from, to, isSigned }, receipt, index }];
  });
  return outlined.length === receipts.length ? outlined : undefined;
}

/** Whether a receipt tells the same of a transaction as the block does. */
export function isOutlineOf({ transaction: { from, to } }: Outlined, whole: Mined | undefined): boolean {
  return from === whole?.transaction.from && to === whole.transaction.to;
}

/**
 * Fills in what the root of its call trace tells: what it was called with. What is left out, its gas limit, its value and the input of what
 * is no setter, matters only to a failed call whose trace keeps the revert bytes of its root to itself.
 */
export function filledIn({ transaction, ...one }: Outlined, { selector, input = "0x" }: Frame): Mined {
  return { ...one, transaction: { ...transaction, selector, input, gas: undefined, value: undefined } };
}

/** The root frame must be the transaction, and must have ended as the receipt says: some nodes lose or invent errors. */
export function agrees(root: Frame, { transaction, receipt }: Outlined): boolean {
  const { from, to, selector = root.selector } = transaction;
  const same = to === null ? root.type.startsWith("CREATE") : root.to === to && root.selector === selector;
  return root.from === from && same && (root.error === null) === receipt.success;
}

/** Whether a tracer's gas is the receipt's. Anvil tells the running sum of the block instead. */
export function gasAgrees(gasUsed: bigint | undefined, { receipt }: Pick<Mined, "receipt">): boolean {
  return gasUsed === undefined || gasUsed === receipt.gasUsed || gasUsed === receipt.cumulativeGasUsed;
}

import type { Address, Hash } from "viem";
import { OffingError } from "#core/errors.ts";
import type { Call } from "./calls.ts";
import { type ChangeEffect, DEPLOYED, effectOf, type OperationEffect, type Protocol } from "./model.ts";
import type { RpcBlock, RpcReceipt } from "./rpc.ts";

/** A call that was sent, with who sent it. */
export interface SentCall {
  readonly call: Call;
  readonly from: Address;
  /** `msg.sender` of the watched frame: the router when the call goes through it. */
  readonly caller: Address;
}

/** Where something stands on the chain. */
interface Place {
  readonly txHash: Hash;
  readonly transactionIndex: number;
  readonly blockHash: Hash;
  readonly blockNumber: number;
  readonly timestampSeconds: number;
}

/** A mined operation on a watched contract. */
export interface Operation extends OperationEffect, Place {
  /** `msg.sender` of the watched frame. */
  readonly caller: Address;
  /** The transaction's sender. */
  readonly txFrom: Address;
}

/** A mined change of configuration. */
export interface ConfigChange extends ChangeEffect, Place {
  readonly changedBy: Address;
}

/** A mined block with what happened in it. */
export interface BookedBlock {
  readonly number: number;
  readonly hash: Hash;
  readonly timestampSeconds: number;
  readonly transactions: readonly Hash[];
  readonly operations: readonly Operation[];
  readonly changes: readonly ConfigChange[];
  /** The contracts' state at the block's end. */
  readonly after: Protocol;
}

/** The driver's own record of what it sent and what became of it; it survives a reorg, which anvil's memory does not. */
export interface Books {
  readonly sent: Map<Hash, SentCall>;
  /** Sent but not mined yet. */
  readonly pending: Set<Hash>;
  /** The blocks of the present branch, oldest first. */
  readonly chain: BookedBlock[];
  /** The blocks that a reorg took away, in the order of their loss. */
  readonly orphaned: BookedBlock[];
}

/** Opens empty books. */
export function openBooks(): Books {
  return { sent: new Map(), pending: new Set(), chain: [], orphaned: [] };
}

/** The contracts' state at the head of the present branch. */
export function protocolAtHead(books: Books): Protocol {
  return books.chain.at(-1)?.after ?? DEPLOYED;
}

/**
 * Writes a mined block into the books: each transaction that the driver sent is judged by the model and held against its receipt.
 *
 * @throws DEMO_FAILED when a receipt is missing or says something else than the model.
 */
export function bookBlock(books: Books, block: RpcBlock, receipts: readonly RpcReceipt[]): BookedBlock {
  const statuses = new Map(receipts.map((receipt) => [receipt.transactionHash, receipt.status]));
  const operations: Operation[] = [];
  const changes: ConfigChange[] = [];
  let after = protocolAtHead(books);
  for (const [index, { hash }] of block.transactions.entries()) {
    const sent = books.sent.get(hash);
    if (sent === undefined) continue;
    const effect = effectOf(after, sent.call);
    holdAgainstReceipt({ hash, succeeds: effect.succeeds, status: statuses.get(hash) });
    const place = placeOf(block, hash, index);
    if (effect.operation !== null) operations.push({ ...effect.operation, ...place, caller: sent.caller, txFrom: sent.from });
    if (effect.change !== null) changes.push({ ...effect.change, ...place, changedBy: sent.from });
    after = effect.after;
    books.pending.delete(hash);
  }
  const booked: BookedBlock = {
    number: Number(block.number),
    hash: block.hash,
    timestampSeconds: Number(block.timestamp),
    transactions: block.transactions.map((transaction) => transaction.hash),
    operations,
    changes,
    after,
  };
  books.chain.push(booked);
  return booked;
}

/** Moves every block above the given number from the present branch to the orphans, and returns them. */
export function orphanAbove(books: Books, blockNumber: number): readonly BookedBlock[] {
  const first = books.chain.findIndex((block) => block.number > blockNumber);
  const lost = first === -1 ? [] : books.chain.splice(first);
  books.orphaned.push(...lost);
  return lost;
}

function placeOf(block: RpcBlock, txHash: Hash, transactionIndex: number): Place {
  const timestampSeconds = Number(block.timestamp);
  return { txHash, transactionIndex, blockHash: block.hash, blockNumber: Number(block.number), timestampSeconds };
}

interface Judgement {
  readonly hash: Hash;
  readonly succeeds: boolean;
  readonly status: string | undefined;
}

function holdAgainstReceipt({ hash, succeeds, status }: Judgement): void {
  const expected = succeeds ? "0x1" : "0x0";
  if (status === expected) return;
  throw new OffingError("DEMO_FAILED", {
    message: "a transaction did not end as the model of the contracts says",
    context: { tx_hash: hash, expected, status: status ?? null },
  });
}

import type { Address, Hash, Hex } from "viem";
import { OffingError } from "#core/errors.ts";
import { type BookedBlock, orphanAbove, type SentCall } from "./books.ts";
import type { Call } from "./calls.ts";
import type { World } from "./deploy.ts";
import { quantity, type RpcBlock, type TransactionRequest } from "./rpc.ts";
import { book, headOf, prepare } from "./traffic.ts";

/** A transaction of the new branch: a fresh call, or one of the old branch byte for byte. */
type Replacement = Call | { readonly kind: "again"; readonly txHash: Hash };

/** What a reorg takes away and puts in its place. */
export interface ReorgOptions {
  /** How many blocks are replaced. The new branch is as high as the old one. */
  readonly depth: number;
  /** The distance of the new blocks, counted from the block they stand on. */
  readonly secondsPerBlock: number;
  /** The content of the new blocks from the lowest up; blocks without an entry stay empty. */
  readonly blocks: readonly (readonly Replacement[])[];
}

/** What a reorg did. */
export interface Reorg {
  readonly orphaned: readonly BookedBlock[];
  readonly mined: readonly BookedBlock[];
}

/**
 * Replaces the newest blocks by others, and books both: anvil itself forgets the old branch.
 *
 * For some milliseconds anvil stands at the fork and climbs from there, so a quick reader may meet a lower head.
 *
 * @throws DEMO_FAILED when unmined transactions wait, when the depth reaches the deployment, or when a replacement is not mined.
 * @see anvil_reorg, with positional parameters
 */
export async function reorg(world: World, options: ReorgOptions): Promise<Reorg> {
  if (world.books.pending.size > 0) throw fault("transactions wait that a reorg would lose", { pending: world.books.pending.size });
  const head = Number((await headOf(world)).number);
  const fork = head - options.depth;
  if (options.depth < 1 || fork < world.deployment.number) throw fault("a reorg cannot be that deep", { depth: options.depth, head });
  const planned = await plan(world, { fork, blocks: options.blocks });
  await world.rpc("anvil_setBlockTimestampInterval", options.secondsPerBlock);
  try {
    await world.rpc(
      "anvil_reorg",
      options.depth,
      planned.map(({ transaction, offset }) => [transaction, offset] as const),
    );
  } finally {
    await world.rpc("anvil_removeBlockTimestampInterval");
  }
  const orphaned = orphanAbove(world.books, fork);
  const mined: BookedBlock[] = [];
  for (let number = fork + 1; number <= head; number += 1) {
    const block = await blockAt(world, number);
    remember(world, block, planned);
    mined.push(await book(world, block));
  }
  const asked = planned.length;
  const found = mined.reduce((sum, block) => sum + block.transactions.length, 0);
  if (asked !== found) throw fault("the new branch lacks transactions", { asked, found });
  return { orphaned, mined };
}

/** A transaction as it is handed to `anvil_reorg`, with what tells it apart before its hash is known. */
interface Planned {
  readonly transaction: Hex | TransactionRequest;
  readonly offset: number;
  readonly nonce: number;
  readonly sent: SentCall;
}

/** Gives each replacement the nonce that its sender has on the new branch. */
async function plan(
  world: World,
  options: { readonly fork: number; readonly blocks: ReorgOptions["blocks"] },
): Promise<readonly Planned[]> {
  const nonces = new Map<Address, number>();
  const nextNonce = async (from: Address): Promise<number> => {
    const nonce = nonces.get(from) ?? Number(await world.rpc("eth_getTransactionCount", from, quantity(options.fork)));
    nonces.set(from, nonce + 1);
    return nonce;
  };
  const planned: Planned[] = [];
  for (const [offset, replacements] of options.blocks.entries()) {
    for (const replacement of replacements) {
      if (replacement.kind === "again") {
        const sent = sentCall(world, replacement.txHash);
        const transaction = await world.rpc("debug_getRawTransaction", replacement.txHash);
        planned.push({ transaction, offset, nonce: await nextNonce(sent.from), sent });
      } else {
        const { request, sent } = prepare(world, replacement);
        const nonce = await nextNonce(sent.from);
        planned.push({ transaction: { ...request, nonce: quantity(nonce) }, offset, nonce, sent });
      }
    }
  }
  return planned;
}

function sentCall(world: World, txHash: Hash): SentCall {
  const sent = world.books.sent.get(txHash);
  if (sent === undefined) throw fault("this transaction was never sent", { tx_hash: txHash });
  return sent;
}

/** Learns the hashes of the new transactions: sender and nonce say which call each one is. */
function remember(world: World, block: RpcBlock, planned: readonly Planned[]): void {
  for (const transaction of block.transactions) {
    const known = planned.find(({ sent, nonce }) => sameAddress(sent.from, transaction.from) && nonce === Number(transaction.nonce));
    if (known !== undefined) world.books.sent.set(transaction.hash, known.sent);
  }
}

function sameAddress(a: Address, b: Address): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

async function blockAt(world: World, number: number): Promise<RpcBlock> {
  const block = await world.rpc("eth_getBlockByNumber", quantity(number), true);
  if (block === null) throw fault("a block of the new branch is missing", { number });
  return block;
}

function fault(message: string, context: Readonly<Record<string, string | number>>): OffingError {
  return new OffingError("DEMO_FAILED", { message, context });
}

import { type Address, encodeFunctionData, type Hash, type Hex } from "viem";
import { OffingError } from "#core/errors.ts";
import { type BookedBlock, bookBlock, type SentCall } from "./books.ts";
import { type Action, type Call, TOKEN, type Via } from "./calls.ts";
import type { ContractName } from "./compile.ts";
import type { World } from "./deploy.ts";
import { quantity, type RpcBlock, type TransactionRequest } from "./rpc.ts";

/** Enough for every call of the world; given explicitly, because estimating the gas of a call that reverts is refused. */
const gasLimit = 300_000;
/** Covers what a transaction costs before its first instruction and little more. */
const starvedGasLimit = 22_500;

/** When a block is mined. */
export interface MineOptions {
  /** The block's time in Unix seconds; 12 seconds after the head when left out. */
  readonly atSeconds?: number;
}

/**
 * Sends a call as a signed transaction of an unlocked account; it waits for the next block.
 *
 * @throws DEMO_FAILED when anvil refuses it or there is no such user.
 */
export async function send(world: World, call: Call): Promise<Hash> {
  const { request, sent } = prepare(world, call);
  const hash = await world.rpc("eth_sendTransaction", request);
  world.books.sent.set(hash, sent);
  world.books.pending.add(hash);
  return hash;
}

/**
 * Mines one block with everything that was sent, in the order it was sent, and writes it into the books.
 *
 * @throws DEMO_FAILED when the time is not after the head's, when a transaction is left out or ends unlike the model says.
 */
export async function mine(world: World, options: MineOptions = {}): Promise<BookedBlock> {
  const headSeconds = Number((await headOf(world)).timestamp);
  const atSeconds = options.atSeconds ?? headSeconds + 12;
  if (atSeconds <= headSeconds) throw fault("a block must be later than the head", { at_seconds: atSeconds, head_seconds: headSeconds });
  await world.rpc("evm_setNextBlockTimestamp", quantity(atSeconds));
  await world.rpc("evm_mine");
  const booked = await book(world, await headOf(world));
  if (world.books.pending.size > 0) throw fault("a block left transactions out", { left_out: world.books.pending.size });
  return booked;
}

/**
 * Sends the calls and mines them in one block.
 *
 * @throws DEMO_FAILED as `send` and `mine` do.
 */
export async function play(world: World, calls: readonly Call[], options: MineOptions = {}): Promise<BookedBlock> {
  for (const call of calls) await send(world, call);
  return mine(world, options);
}

/** Turns a call into a transaction, with what the books must remember of it. */
export function prepare(world: World, call: Call): { readonly request: TransactionRequest; readonly sent: SentCall } {
  const from = "user" in call ? userOf(world, call.user) : world.governor;
  const { to, data } = encode(world, call);
  const gas = quantity(call.kind === "starve" ? starvedGasLimit : gasLimit);
  const caller = call.kind === "operate" && call.via !== "direct" ? world.addresses.Router : from;
  return { request: { from, to: world.addresses[to], data, gas }, sent: { call, from, caller } };
}

/**
 * Reads a block's receipts and writes both into the books.
 *
 * @throws DEMO_FAILED when the receipts are missing or a transaction ends unlike the model says.
 */
export async function book(world: World, block: RpcBlock): Promise<BookedBlock> {
  const receipts = await world.rpc("eth_getBlockReceipts", block.hash);
  if (receipts === null) throw fault("a mined block has no receipts", { block_hash: block.hash });
  return bookBlock(world.books, block, receipts);
}

/**
 * Reads the newest block.
 *
 * @throws DEMO_FAILED when anvil has none.
 */
export async function headOf(world: World): Promise<RpcBlock> {
  const block = await world.rpc("eth_getBlockByNumber", "latest", true);
  if (block === null) throw fault("anvil has no head", {});
  return block;
}

function userOf(world: World, index: number): Address {
  const user = world.users[index];
  if (user === undefined) throw fault("there is no such user", { user: index, users: world.users.length });
  return user;
}

interface Encoded {
  readonly to: ContractName;
  readonly data: Hex;
}

function encode(world: World, call: Call): Encoded {
  const { addresses } = world;
  const none: Address = `0x${"0".repeat(40)}`;
  const encoded = (to: ContractName, functionName: string, argument: unknown): Encoded => {
    return { to, data: encodeFunctionData({ abi: world.artifacts[to].abi, functionName, args: [argument] }) };
  };
  switch (call.kind) {
    case "operate":
      return encoded(call.via === "direct" ? targets[call.action] : "Router", functionOf(call.action, call.via), call.amount);
    case "starve":
      return encoded(targets[call.action], call.action, TOKEN);
    case "impostor":
      return { to: "Impostor", data: encoded("PSM", "mint", TOKEN).data };
    case "setOracle":
      return encoded(call.module === "PSM" ? "PSM" : "BuybackVault", "setOracle", call.present ? addresses.Oracle : none);
    case "setHealthy":
      return encoded("Oracle", "setHealthy", call.healthy);
    case "setStrategy":
      return encoded("BuybackVault", "setStrategy", call.present ? addresses.Impostor : none);
    default:
      return call satisfies never;
  }
}

const targets: Readonly<Record<Action, ContractName>> = { mint: "PSM", redeem: "PSM", executeBuyback: "BuybackVault" };
const swallowing: Readonly<Record<Action, string>> = { mint: "tryMint", redeem: "tryRedeem", executeBuyback: "tryExecuteBuyback" };

function functionOf(action: Action, via: Via): string {
  return via === "try" ? swallowing[action] : action;
}

function fault(message: string, context: Readonly<Record<string, string | number>>): OffingError {
  return new OffingError("DEMO_FAILED", { message, context });
}

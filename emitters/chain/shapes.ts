import type { Header } from "#core/rpc/head.ts";
import { selectorOfInput } from "./frames.ts";
import type { LogSeen } from "./observation.ts";

/**
 * A block as far as it is read.
 *
 * What the node told is let go at once: many blocks are on their way at the same time, and what lives that long costs more to keep than to
 * read.
 */
export interface RawBlock extends Header {
  readonly timeMs: number;
  readonly gasUsed: bigint;
  /** Of its transactions, in their order. */
  readonly hashes: readonly string[];
  /** The transactions themselves; undefined when only their hashes came. */
  readonly transactions: readonly RawTransaction[] | undefined;
}

/** A transaction of a block. */
export interface RawTransaction {
  readonly hash: string;
  readonly from: string;
  readonly to: string | null;
  readonly selector: string;
  readonly input: string;
  /** The gas limit and the value, as the node told them. */
  readonly gas: unknown;
  readonly value: unknown;
  /** Of a kind that its sender signs: who sends it is an account. */
  readonly isSigned: boolean;
}

/** A receipt, with those of its logs that may matter. */
export interface RawReceipt {
  readonly transactionHash: string;
  /** Of the transaction; undefined where the node leaves it out, as it may with the last two. */
  readonly from: string | undefined;
  readonly to: string | null | undefined;
  readonly isSigned: boolean | undefined;
  readonly blockHash: string;
  readonly index: number;
  readonly success: boolean;
  readonly gasUsed: bigint;
  readonly cumulativeGasUsed: bigint;
  /** Revert bytes, from the few nodes that keep them. */
  readonly revertReason: string | undefined;
  readonly logs: readonly LogSeen[];
}

/** Fields of a node's answer, unread. */
type Fields = Readonly<Record<string, unknown>>;

/** Reads an answer of `eth_getBlockByNumber` or `eth_getBlockByHash`; undefined when it is no block. Hashes and addresses become lower-case. */
export function parseBlock(value: unknown): RawBlock | undefined {
  const block = fieldsOf(value);
  const number = quantity(block["number"]);
  const timestamp = quantity(block["timestamp"]);
  const gasUsed = quantity(block["gasUsed"]);
  const [hash, parentHash] = [hex(block["hash"]), hex(block["parentHash"])];
  const list = block["transactions"];
  if (number === undefined || timestamp === undefined || gasUsed === undefined) return undefined;
  if (hash === undefined || parentHash === undefined || !Array.isArray(list)) return undefined;
  const areHashes = list.length > 0 && list.every((entry) => typeof entry === "string");
  const transactions = areHashes ? undefined : list.map(parseTransaction);
  if (transactions?.every((transaction) => transaction !== undefined) === false) return undefined;
  const hashes = transactions?.map((transaction) => transaction.hash) ?? list.map(hex);
  if (!hashes.every((each) => each !== undefined)) return undefined;
  return { number: Number(number), hash, parentHash, timeMs: Number(timestamp) * 1000, gasUsed, hashes, transactions };
}

/** Reads one receipt with the logs that these addresses left; undefined when it is none, or one of its logs is none. */
export function parseReceipt(value: unknown, matters: ReadonlySet<string>): RawReceipt | undefined {
  const receipt = fieldsOf(value);
  const [transactionHash, blockHash] = [hex(receipt["transactionHash"]), hex(receipt["blockHash"])];
  const index = quantity(receipt["transactionIndex"]);
  const status = quantity(receipt["status"]);
  const [gasUsed, cumulativeGasUsed] = [quantity(receipt["gasUsed"]), quantity(receipt["cumulativeGasUsed"])];
  if (transactionHash === undefined || blockHash === undefined || index === undefined) return undefined;
  if (status === undefined || gasUsed === undefined || cumulativeGasUsed === undefined || !Array.isArray(receipt["logs"])) return undefined;
  const logs = parseLogs(receipt["logs"], matters);
  if (logs === undefined) return undefined;
  return {
    transactionHash,
    from: hex(receipt["from"]),
    to: receipt["to"] === null ? null : hex(receipt["to"]),
    isSigned: typeof receipt["type"] === "string" ? SIGNED_TYPES.has(receipt["type"]) : undefined,
    blockHash,
    index: Number(index),
    success: status === 1n,
    gasUsed,
    cumulativeGasUsed,
    revertReason: hex(receipt["revertReason"]),
    logs,
  };
}

function parseTransaction(value: unknown): RawTransaction | undefined {
  const transaction = fieldsOf(value);
  const [hash, from, input] = [hex(transaction["hash"]), hex(transaction["from"]), hex(transaction["input"])];
  if (hash === undefined || from === undefined || input === undefined) return undefined;
  const { gas, value: amount, type } = transaction;
  const isSigned = type === undefined || type === null || SIGNED_TYPES.has(type);
  return { hash, from, to: hex(transaction["to"]) ?? null, selector: selectorOfInput(input), input, gas, value: amount, isSigned };
}

/**
 * Legacy, access list, dynamic fee, blob and set code. Of the others, such as deposits of a rollup, the sender may be the alias of a contract
 * on another chain, or a contract itself.
 *
 * @see EIP-2718, EIP-3607
 */
const SIGNED_TYPES: ReadonlySet<unknown> = new Set(["0x0", "0x1", "0x2", "0x3", "0x4"]);

function parseLogs(values: readonly unknown[], matters: ReadonlySet<string>): readonly LogSeen[] | undefined {
  const logs: LogSeen[] = [];
  for (const value of values) {
    const log = parseLog(value);
    if (log === undefined) return undefined;
    if (matters.has(log.address)) logs.push(log);
  }
  return logs;
}

function parseLog(value: unknown): LogSeen | undefined {
  const log = fieldsOf(value);
  const [address, data, index] = [hex(log["address"]), hex(log["data"]), quantity(log["logIndex"])];
  const topics = Array.isArray(log["topics"]) ? log["topics"].map(hex) : undefined;
  if (address === undefined || data === undefined || index === undefined) return undefined;
  if (topics === undefined || !topics.every((topic) => topic !== undefined)) return undefined;
  return { address, topics, data, index: Number(index) };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function quantity(value: unknown): bigint | undefined {
  return typeof value === "string" && /^0x[0-9a-fA-F]{1,64}$/.test(value) ? BigInt(value) : undefined;
}

function hex(value: unknown): string | undefined {
  return typeof value === "string" && value.startsWith("0x") ? value.toLowerCase() : undefined;
}

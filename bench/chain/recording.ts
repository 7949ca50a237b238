import { hash } from "node:crypto";
import { encodeErrorResult, parseAbi, toEventSelector, toFunctionSelector } from "viem";
import { randomFrom } from "#core/testing/random.ts";
import { type BlockLogs, endsOf, type RecordedLog } from "./block-logs.ts";

/** What a recorded chain is like. */
export interface RecordingPlan {
  readonly blocks: number;
  readonly transactionsPerBlock: number;
  /** Of all transactions, how many call a watched contract. */
  readonly watchedShare: number;
  /** Some watched calls go through a router, which only a trace or a log shows. */
  readonly routed: boolean;
  readonly seed: number;
}

/** One block as a node tells it, each answer encoded once. */
export interface RecordedBlock {
  readonly number: number;
  readonly hash: string;
  readonly full: Buffer;
  readonly slim: Buffer;
  readonly receipts: Buffer;
  readonly traces: Buffer;
  readonly logs: BlockLogs;
  /** Watched calls that went through: what any indexer of the chain must find, as `hash action`. */
  readonly successes: readonly string[];
}

const ADDRESSES = new Map<string, string>();

/** What the recording is about. */
export const PSM: string = address("psm");
export const VAULT: string = address("vault");
export const ROUTER: string = address("router");
export const CHAIN_ID = 31_337;

/** So many blocks follow the last one that is to be scanned: a reader of final blocks must be able to reach it. */
export const TAIL = 128;

/** The first block's time: long ago, so that all of it is history. */
const GENESIS_SECONDS = 1_700_000_000;
const ERRORS = parseAbi(["error PSM_ORACLE_MISSING()", "error BUYBACK_ORACLE_REQUIRED()", "error Error(string message)"]);
const FOREIGN = encodeErrorResult({ abi: ERRORS, errorName: "Error", args: ["UniswapV2: K"] });

interface Action {
  readonly name: string;
  readonly to: string;
  readonly selector: string;
  readonly topic: string;
  readonly blocked: string;
}

const ACTIONS: readonly [Action, Action, Action] = [
  action("PSM_MINT", PSM, { call: "mint(uint256)", event: "Minted(address,uint256)", error: "PSM_ORACLE_MISSING" }),
  action("PSM_REDEEM", PSM, { call: "redeem(uint256)", event: "Redeemed(address,uint256)", error: "PSM_ORACLE_MISSING" }),
  action("BUYBACK_EXECUTE", VAULT, {
    call: "executeBuyback(uint256)",
    event: "BoughtBack(address,uint256)",
    error: "BUYBACK_ORACLE_REQUIRED",
  }),
];

/**
 * A chain as a node would tell it, the same for the same plan: transfers and swaps, one in fifty of them failing deep inside, and watched calls
 * of which seven in ten go through and the others are blocked by an oracle.
 */
export function* recording(plan: RecordingPlan): Generator<RecordedBlock> {
  const random = randomFrom(plan.seed);
  yield blockOf({ ...plan, transactionsPerBlock: 0 }, { number: 0, random });
  for (let number = 1; number <= plan.blocks + TAIL; number += 1) yield blockOf(plan, { number, random });
}

interface Call {
  readonly from: string;
  readonly to: string;
  readonly selector: string;
  readonly output: string | null;
  readonly logs: readonly (readonly [string, string])[];
  readonly trace: object;
  readonly success?: string;
}

function blockOf(plan: RecordingPlan, { number, random }: { readonly number: number; readonly random: () => number }): RecordedBlock {
  const blockHash = word(`block ${plan.seed} ${number}`);
  const place = { blockHash, blockNumber: quantity(number) };
  const transactions: object[] = [];
  const receipts: object[] = [];
  const traces: object[] = [];
  const logs: RecordedLog[] = [];
  const successes: string[] = [];
  for (let index = 0; index < plan.transactionsPerBlock; index += 1) {
    const call = random() < plan.watchedShare ? watchedCall(plan, random) : foreignCall(random);
    const transactionHash = word(`tx ${plan.seed} ${number} ${index}`);
    const where = { ...place, transactionHash, transactionIndex: quantity(index) };
    transactions.push(transactionOf(call, { ...place, hash: transactionHash, index }));
    const emitted = call.logs.map(([emitter, topic], position) => {
      const json = JSON.stringify({
        ...where,
        address: emitter,
        topics: [topic, padded(call.from)],
        data: word(`amount ${index}`),
        logIndex: quantity(logs.length + position),
        removed: false,
      });
      return { address: emitter, topic, json };
    });
    logs.push(...emitted);
    receipts.push(receiptOf(call, { ...where, index, logs: emitted.map(({ json }) => JSON.parse(json) as object) }));
    traces.push({ txHash: transactionHash, result: call.trace });
    if (call.success !== undefined) successes.push(`${transactionHash} ${call.success}`);
  }
  const header = headerOf(plan, { number, blockHash, bloom: logs.length > 0 });
  const slim = { ...header, transactions: transactions.map((each) => (each as { readonly hash: string }).hash) };
  const answers = [{ ...header, transactions }, slim, receipts, traces].map((answer) => JSON.stringify(answer));
  const [full = EMPTY, short = EMPTY, ...rest] = inOnePiece([...answers, logs.map(({ json }) => json).join("")]);
  const [ofReceipts = EMPTY, ofTraces = EMPTY, bytes = EMPTY] = rest;
  const found = { addresses: logs.map((log) => log.address), topics: logs.map(({ topic }) => topic) };
  return {
    number,
    hash: blockHash,
    full,
    slim: short,
    receipts: ofReceipts,
    traces: ofTraces,
    logs: { bytes, ends: endsOf(logs), ...found },
    successes,
  };
}

const EMPTY = Buffer.alloc(0);

/** The bytes of each text, all in one allocation. */
function inOnePiece(texts: readonly string[]): Buffer[] {
  const piece = Buffer.from(texts.join(""));
  let end = 0;
  return texts.map((text) => {
    end += Buffer.byteLength(text);
    return piece.subarray(end - Buffer.byteLength(text), end);
  });
}

function watchedCall({ routed }: RecordingPlan, random: () => number): Call {
  const chosen = ACTIONS[Math.floor(random() * ACTIONS.length)] ?? ACTIONS[0];
  const from = address(`user ${Math.floor(random() * 5_000)}`);
  const output = random() < 0.7 ? null : chosen.blocked;
  const viaRouter = routed && random() < 0.3;
  const inner = frame({ from: viaRouter ? ROUTER : from, to: chosen.to, selector: chosen.selector, output });
  const logs = output === null ? [[chosen.to, chosen.topic] as const] : [];
  const success = output === null ? { success: chosen.name } : {};
  if (!viaRouter) return { from, to: chosen.to, selector: chosen.selector, output, logs, trace: inner, ...success };
  const selector = toFunctionSelector("route(bytes)");
  return { from, to: ROUTER, selector, output, logs, trace: frame({ from, to: ROUTER, selector, output, calls: [inner] }), ...success };
}

const SWAP = toFunctionSelector("swap(uint256,uint256,address,bytes)");
const TRANSFER = toEventSelector("Transfer(address,address,uint256)");

/** A swap over three to eight contracts; one in fifty fails at the end of that road. */
function foreignCall(random: () => number): Call {
  const from = address(`user ${Math.floor(random() * 5_000)}`);
  const depth = 3 + Math.floor(random() * 6);
  const output = random() < 0.02 ? FOREIGN : null;
  const hops = Array.from({ length: depth }, (_, level) => address(`pool ${level} ${Math.floor(random() * 50)}`));
  const trace = hops.reduceRight<object | undefined>((inner, to, level) => {
    const caller = level === 0 ? from : (hops[level - 1] ?? from);
    return frame({ from: caller, to, selector: SWAP, output, ...(inner !== undefined && { calls: [inner] }) });
  }, undefined);
  const to = hops[0] ?? from;
  return { from, to, selector: SWAP, output, logs: output === null ? [[to, TRANSFER]] : [], trace: trace ?? {} };
}

const GAS = 90_000;

interface FrameParts {
  readonly from: string;
  readonly to: string;
  readonly selector: string;
  readonly output: string | null;
  readonly calls?: readonly object[];
}

function frame({ from, to, selector, output, calls }: FrameParts): object {
  const failed = output === null ? { output: "0x" } : { error: "execution reverted", output };
  const input = `${selector}${"0".repeat(64)}`;
  return { type: "CALL", from, to, gas: "0x30d40", gasUsed: quantity(GAS), value: "0x0", input, ...failed, ...(calls && { calls }) };
}

function transactionOf({ from, to, selector }: Call, { index, ...place }: { readonly index: number; readonly hash: string }): object {
  return {
    ...place,
    from,
    to,
    input: `${selector}${"0".repeat(64)}`,
    transactionIndex: quantity(index),
    type: "0x2",
    chainId: quantity(CHAIN_ID),
    nonce: quantity(index),
    value: "0x0",
    gas: "0x30d40",
    gasPrice: "0x3b9aca00",
    maxFeePerGas: "0x3b9aca00",
    maxPriorityFeePerGas: "0x1",
    accessList: [],
    v: "0x0",
    r: word("r"),
    s: word("s"),
    yParity: "0x0",
  };
}

function receiptOf(
  { from, to, output }: Call,
  { index, logs, ...place }: { readonly index: number; readonly logs: readonly object[] },
): object {
  return {
    ...place,
    from,
    to,
    contractAddress: null,
    cumulativeGasUsed: quantity(GAS * (index + 1)),
    gasUsed: quantity(GAS),
    effectiveGasPrice: "0x3b9aca00",
    logs,
    logsBloom: logs.length === 0 ? NO_BLOOM : ANY_BLOOM,
    status: output === null ? "0x1" : "0x0",
    type: "0x2",
  };
}

/** Blooms that promise nothing, and everything: a reader may look closer, and must not look away. */
const NO_BLOOM = `0x${"00".repeat(256)}`;
const ANY_BLOOM = `0x${"ff".repeat(256)}`;

function headerOf(
  { seed, transactionsPerBlock }: RecordingPlan,
  { number, blockHash, bloom }: { readonly number: number; readonly blockHash: string; readonly bloom: boolean },
): object {
  return {
    number: quantity(number),
    hash: blockHash,
    parentHash: word(`block ${seed} ${number - 1}`),
    timestamp: quantity(GENESIS_SECONDS + number * 2),
    gasUsed: quantity(GAS * transactionsPerBlock),
    gasLimit: "0x1c9c380",
    baseFeePerGas: "0x3b9aca00",
    difficulty: "0x0",
    totalDifficulty: "0x0",
    extraData: "0x",
    logsBloom: bloom ? ANY_BLOOM : NO_BLOOM,
    miner: address("miner"),
    mixHash: word("mix"),
    nonce: "0x0000000000000000",
    receiptsRoot: word("receipts"),
    sha3Uncles: word("uncles"),
    size: "0x1000",
    stateRoot: word("state"),
    transactionsRoot: word("transactions"),
    uncles: [],
  };
}

function action(
  name: string,
  to: string,
  { call, event, error }: { readonly call: string; readonly event: string; readonly error: string },
): Action {
  const blocked = toFunctionSelector(`${error}()`);
  return { name, to, selector: toFunctionSelector(call), topic: toEventSelector(event), blocked };
}

/** The same subject gives the same string, and not only an equal one: a recording names few addresses very often. */
function address(subject: string): string {
  const known = ADDRESSES.get(subject);
  if (known !== undefined) return known;
  const made = `0x${hash("sha256", subject).slice(0, 40)}`;
  ADDRESSES.set(subject, made);
  return made;
}

function word(subject: string): string {
  return `0x${hash("sha256", subject)}`;
}

function padded(value: string): string {
  return `0x${"0".repeat(24)}${value.slice(2)}`;
}

function quantity(value: number): string {
  return `0x${value.toString(16)}`;
}

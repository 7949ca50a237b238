import { hash } from "node:crypto";
import { encodeErrorResult, parseAbi, toEventSelector, toFunctionSelector } from "viem";
import { randomFrom } from "#core/testing/random.ts";
import { type ChainConfig, chainSchema } from "../emitters/chain/config.ts";
import type { BlockSeen, Frame, LogSeen, TransactionSeen } from "../emitters/chain/observation.ts";

/** A chain that exists only here: as busy as a rollup, seen by a source that left out what concerns nobody. */
export interface ChainWorld {
  readonly blocks: number;
  /** All transactions of a block; an observation holds the watched ones and the failed ones. */
  readonly transactionsPerBlock: number;
  /** Of all transactions, how many call a watched contract. */
  readonly watchedShare: number;
  readonly seed: number;
}

const PSM = address("psm");
const VAULT = address("vault");
const ORACLE = address("oracle");
const ROUTER = address("router");
const FIRST_BLOCK_MS = 1_700_000_000_000;
const BLOCK_MS = 2_000;

/** The configuration that watches this world. */
export function chainConfig(): ChainConfig {
  return chainSchema.parse({
    network: "bench",
    chain_id: 31_337,
    start_block: 0,
    rpc: { urls: ["http://127.0.0.1:8545"] },
    contracts: [
      { name: "PSM", address: PSM, abi: PSM_ABI, actions: { PSM_MINT: "mint", PSM_REDEEM: "redeem" }, config_events: ["OracleChanged"] },
      { name: "BUYBACK_VAULT", address: VAULT, abi: VAULT_ABI, actions: { BUYBACK_EXECUTE: "executeBuyback" } },
    ],
    modules: [{ name: "ORACLE", address: ORACLE, abi: ["event HealthChanged(bool healthy)"], config_events: ["HealthChanged"] }],
    routers: [{ name: "router", address: ROUTER }],
  });
}

/**
 * The observations of the world's blocks, the same for the same numbers.
 *
 * Of the watched calls seven in ten go through, two are blocked by an oracle, and one is reverted for another reason or swallowed by a
 * router. Of all other transactions one in fifty fails, and is in the observation with its trace.
 */
export function* blocksOf({ blocks, transactionsPerBlock, watchedShare, seed }: ChainWorld): Generator<BlockSeen> {
  const random = randomFrom(seed);
  for (let number = 1; number <= blocks; number += 1) {
    const timeMs = FIRST_BLOCK_MS + number * BLOCK_MS;
    const transactions: TransactionSeen[] = [];
    for (let index = 0; index < transactionsPerBlock; index += 1) {
      const place = { hash: word(`tx ${seed} ${number} ${index}`), index, from: address(`user ${Math.floor(random() * 5_000)}`) };
      if (random() < watchedShare) transactions.push(watchedCall(place, random));
      else if (random() < 0.02) transactions.push(foreignFailure(place, random));
    }
    if (number % 20 === 0) transactions.push(configChange(number, transactionsPerBlock));
    const [hashed, parentHash] = [word(`block ${seed} ${number}`), word(`block ${seed} ${number - 1}`)];
    yield { type: "block", observedAtMs: timeMs + 500, number, hash: hashed, parentHash, timeMs, transactions };
  }
}

const PSM_ABI = [
  "function mint(uint256 amount)",
  "function redeem(uint256 amount)",
  "error PSM_ORACLE_MISSING()",
  "error InsufficientCollateral(uint256 wanted, uint256 held)",
  "event OracleChanged(address indexed previous, address indexed next)",
];
const VAULT_ABI = ["function executeBuyback(uint256 amount)", "error BUYBACK_ORACLE_REQUIRED()"];

const SELECTORS = {
  mint: toFunctionSelector("mint(uint256)"),
  redeem: toFunctionSelector("redeem(uint256)"),
  executeBuyback: toFunctionSelector("executeBuyback(uint256)"),
  route: toFunctionSelector("route(bytes)"),
  price: toFunctionSelector("price()"),
  swap: toFunctionSelector("swap(uint256,uint256,address,bytes)"),
};

const REVERTS = parseAbi([
  "error PSM_ORACLE_MISSING()",
  "error BUYBACK_ORACLE_REQUIRED()",
  "error InsufficientCollateral(uint256 wanted, uint256 held)",
  "error Error(string message)",
]);
const PSM_MISSING = encodeErrorResult({ abi: REVERTS, errorName: "PSM_ORACLE_MISSING" });
const VAULT_REQUIRED = encodeErrorResult({ abi: REVERTS, errorName: "BUYBACK_ORACLE_REQUIRED" });
const VAULT_UNHEALTHY = encodeErrorResult({ abi: REVERTS, errorName: "Error", args: ["BUYBACK_ORACLE_UNHEALTHY"] });
const TOO_MUCH = encodeErrorResult({ abi: REVERTS, errorName: "InsufficientCollateral", args: [10n ** 24n, 10n ** 21n] });
const FOREIGN = encodeErrorResult({ abi: REVERTS, errorName: "Error", args: ["UniswapV2: K"] });
const ORACLE_CHANGED = toEventSelector("OracleChanged(address,address)");

type Place = Pick<TransactionSeen, "hash" | "index" | "from">;

function watchedCall(place: Place, random: () => number): TransactionSeen {
  const [to, selector] = pick(random, [
    [PSM, SELECTORS.mint],
    [PSM, SELECTORS.redeem],
    [VAULT, SELECTORS.executeBuyback],
  ] as const);
  const kind = random();
  if (kind < 0.6) return { ...place, to, selector, success: true, logs: [], trace: null };
  const output = kind < 0.7 ? "0x" : kind < 0.9 ? pick(random, to === PSM ? [PSM_MISSING] : [VAULT_REQUIRED, VAULT_UNHEALTHY]) : TOO_MUCH;
  const routed = kind < 0.7 || kind >= 0.95 || random() < 0.3;
  const action = { caller: routed ? ROUTER : place.from, to, selector, output };
  const success = kind < 0.7 || kind >= 0.95;
  if (!routed) return { ...place, to, selector, success, logs: [], trace: actionFrame(action) };
  const failed = success ? { error: null, output: "0x" } : { error: "execution reverted", output };
  const trace = { type: "CALL", from: place.from, to: ROUTER, selector: SELECTORS.route, ...failed, calls: [actionFrame(action)] };
  return { ...place, to: ROUTER, selector: SELECTORS.route, success, logs: [], trace };
}

interface Action {
  readonly caller: string;
  readonly to: string;
  readonly selector: string;
  readonly output: string;
}

function actionFrame({ caller, to, selector, output }: Action): Frame {
  const price: Frame = { type: "STATICCALL", from: to, to: ORACLE, selector: SELECTORS.price, error: null, output: "0x", calls: [] };
  return { type: "CALL", from: caller, to, selector, error: output === "0x" ? null : "execution reverted", output, calls: [price] };
}

/** A swap that fails three to eight calls deep, far from anything watched. */
function foreignFailure(place: Place, random: () => number): TransactionSeen {
  const to = address(`pool ${Math.floor(random() * 200)}`);
  const depth = 3 + Math.floor(random() * 6);
  let trace: Frame | undefined;
  for (let level = depth; level > 0; level -= 1) {
    const [from, target] = [level === 1 ? place.from : address(`hop ${level - 1}`), level === 1 ? to : address(`hop ${level}`)];
    const calls: readonly Frame[] = trace === undefined ? [] : [trace];
    trace = { type: "CALL", from, to: target, selector: SELECTORS.swap, error: "execution reverted", output: FOREIGN, calls };
  }
  return { ...place, to, selector: SELECTORS.swap, success: false, logs: [], trace: trace ?? null };
}

function configChange(number: number, index: number): TransactionSeen {
  const topics = [ORACLE_CHANGED, padded(address(`oracle ${number - 20}`)), padded(address(`oracle ${number}`))];
  const log: LogSeen = { address: PSM, topics, data: "0x", index: 0 };
  const place = { hash: word(`change ${number}`), index, from: address("governor"), to: PSM, selector: "0x7adbf973" };
  return { ...place, success: true, logs: [log], trace: null };
}

function pick<T>(random: () => number, [first, ...rest]: readonly [T, ...T[]]): T {
  return rest[Math.floor(random() * (rest.length + 1)) - 1] ?? first;
}

function address(subject: string): string {
  return `0x${hash("sha256", subject).slice(0, 40)}`;
}

function word(subject: string): string {
  return `0x${hash("sha256", subject)}`;
}

function padded(value: string): string {
  return `0x${"0".repeat(24)}${value.slice(2)}`;
}

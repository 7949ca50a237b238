import { OffingError } from "#core/errors.ts";
import { randomFrom } from "#core/testing/random.ts";
import { type BookedBlock, protocolAtHead } from "./books.ts";
import {
  breakPsmOracle,
  breakVaultOracle,
  buyback,
  type Call,
  dismissImpostor,
  mint,
  type OperateCall,
  oracleHealthy,
  oracleUnhealthy,
  redeem,
  redeemTooMuch,
  restorePsmOracle,
  restoreVaultOracle,
  TOKEN,
  type Via,
} from "./calls.ts";
import type { World } from "./deploy.ts";
import { effectOf, type Protocol, type ReasonCode } from "./model.ts";
import { headOf, play } from "./traffic.ts";
import { type Truth, truth } from "./truth.ts";

/** How an operation of the load shall end: well, by a plain revert, or by one of the reason codes. */
type LoadKind = "success" | "reverted" | ReasonCode;

/** Bounded load, the same for the same options on a fresh world. */
export interface LoadOptions {
  readonly blocks: number;
  /** User transactions; what governance must send to bring the reasons about comes on top. */
  readonly transactionsPerBlock: number;
  /** Weights of the kinds; all five alike when left out. */
  readonly mix?: Readonly<Partial<Record<LoadKind, number>>>;
  /** Weights of the ways; 7 direct, 2 through the router, 1 swallowed when left out. */
  readonly ways?: Readonly<Partial<Record<Via, number>>>;
  /** 1 when left out. */
  readonly seed?: number;
  /** The first block's time in Unix seconds; one distance after the head when left out. */
  readonly startSeconds?: number;
  /** 2 when left out. */
  readonly secondsPerBlock?: number;
  /** Awaited after each block. */
  readonly mined?: (block: BookedBlock) => Promise<void>;
}

/**
 * Sends bounded random load, block by block, and returns the truth of the whole world after it.
 *
 * Within a block the operations are grouped by the state they need, so few changes of configuration bring them all about. The
 * contracts are left in the state of the last block.
 *
 * @throws DEMO_FAILED as `play` does.
 */
export async function load(world: World, options: LoadOptions): Promise<Truth> {
  const random = randomFrom(options.seed ?? 1);
  const secondsPerBlock = options.secondsPerBlock ?? 2;
  const start = options.startSeconds ?? Number((await headOf(world)).timestamp) + secondsPerBlock;
  for (let index = 0; index < options.blocks; index += 1) {
    const kinds = Array.from({ length: options.transactionsPerBlock }, () =>
      pick(random, { keys: kindOrder, weights: options.mix ?? evenMix }),
    );
    const calls = blockOf(world, { kinds, random, ways: options.ways ?? usualWays });
    const block = await play(world, calls, { atSeconds: start + index * secondsPerBlock });
    await options.mined?.(block);
  }
  return truth(world);
}

const kindOrder: readonly LoadKind[] = ["success", "reverted", "PSM_ORACLE_MISSING", "BUYBACK_ORACLE_UNHEALTHY", "BUYBACK_ORACLE_REQUIRED"];
const evenMix: Readonly<Record<LoadKind, number>> = {
  success: 1,
  reverted: 1,
  PSM_ORACLE_MISSING: 1,
  BUYBACK_ORACLE_UNHEALTHY: 1,
  BUYBACK_ORACLE_REQUIRED: 1,
};
const wayOrder: readonly Via[] = ["direct", "router", "try"];
const usualWays: Readonly<Record<Via, number>> = { direct: 7, router: 2, try: 1 };

type Random = () => number;

interface Weighted<K extends string> {
  readonly keys: readonly K[];
  readonly weights: Readonly<Partial<Record<K, number>>>;
}

/** Picks a key by its weight; a key without a weight is never picked. */
function pick<K extends string>(random: Random, { keys, weights }: Weighted<K>): K {
  const total = keys.reduce((sum, key) => sum + (weights[key] ?? 0), 0);
  let left = random() * total;
  for (const key of keys) {
    left -= weights[key] ?? 0;
    if (left < 0) return key;
  }
  throw new OffingError("DEMO_FAILED", { message: "the weights of a load must have a sum above zero", context: { total } });
}

interface BlockPlan {
  readonly kinds: readonly LoadKind[];
  readonly random: Random;
  readonly ways: Readonly<Partial<Record<Via, number>>>;
}

function blockOf(world: World, { kinds, random, ways }: BlockPlan): readonly Call[] {
  const calls: Call[] = [];
  let protocol = protocolAtHead(world.books);
  const add = (call: Call): void => {
    calls.push(call);
    protocol = effectOf(protocol, call).after;
  };
  for (const kind of kinds.toSorted((a, b) => kindOrder.indexOf(a) - kindOrder.indexOf(b))) {
    const user = Math.floor(random() * world.users.length);
    const call = callFor(kind, { random, user, via: pick(random, { keys: wayOrder, weights: ways }), collateral: protocol.collateral });
    for (const change of changesFor(kind, call, protocol)) add(change);
    add(call);
  }
  return calls;
}

interface Choice {
  readonly random: Random;
  readonly user: number;
  readonly via: Via;
  readonly collateral: bigint;
}

function callFor(kind: LoadKind, { random, user, via, collateral }: Choice): OperateCall {
  const options = { user, via };
  const redeems = random() < 0.5;
  switch (kind) {
    case "success":
      if (random() < 0.3) return buyback(options);
      return redeems && collateral >= TOKEN ? redeem({ ...options, amount: TOKEN }) : mint({ ...options, amount: TOKEN });
    case "reverted":
      return redeemTooMuch(options);
    case "PSM_ORACLE_MISSING":
      return redeems ? redeem(options) : mint(options);
    case "BUYBACK_ORACLE_REQUIRED":
    case "BUYBACK_ORACLE_UNHEALTHY":
      return buyback(options);
    default:
      return kind satisfies never;
  }
}

/** What governance must send first, so that the call ends as its kind says. */
function changesFor(kind: LoadKind, call: OperateCall, protocol: Protocol): readonly Call[] {
  if (call.action !== "executeBuyback") {
    const present = kind !== "PSM_ORACLE_MISSING";
    if (present === protocol.psmOracle) return [];
    return [present ? restorePsmOracle : breakPsmOracle];
  }
  if (kind === "BUYBACK_ORACLE_REQUIRED") return protocol.vaultOracle ? [breakVaultOracle] : [];
  const healthy = kind === "success";
  return [
    ...(protocol.vaultOracle ? [] : [restoreVaultOracle]),
    ...(protocol.healthy === healthy ? [] : [healthy ? oracleHealthy : oracleUnhealthy]),
    ...(healthy && protocol.impostorHired ? [dismissImpostor] : []),
  ];
}

import type { Clock } from "#core/clock.ts";
import type { Log } from "#core/log.ts";
import { faultOf } from "#core/rpc/endpoint.ts";
import { askBlock, blockByHash } from "./blocks.ts";
import type { RpcConfig } from "./config.ts";
import { tracesCalls } from "./evidence/block-traces.ts";
import { readParams } from "./evidence/params.ts";
import { canTrace, createProver } from "./evidence/prover.ts";
import type { ChainPool } from "./methods.ts";
import type { BlockSeen } from "./observation.ts";
import { readReceipts } from "./receipts.ts";
import { parseBlock, type RawBlock } from "./shapes.ts";
import type { Watch } from "./watch.ts";

/** Where the node says it stands; what it does not say is null. */
export interface Heads {
  readonly head: RawBlock;
  readonly safe: number | null;
  readonly finalized: number | null;
}

/**
 * Reads blocks and holds every answer against the others before it is believed.
 *
 * All its methods throw SOURCE_UNREACHABLE or SOURCE_RESPONSE_INVALID when no endpoint gives a usable answer; the faults are counted.
 */
export interface Reader {
  readonly heads: (signal: AbortSignal) => Promise<Heads>;
  readonly byNumber: (number: number, signal: AbortSignal) => Promise<RawBlock>;
  readonly byHash: (hash: string, signal: AbortSignal) => Promise<RawBlock>;
  /** Everything that must be known of a block to interpret it. */
  readonly complete: (seen: SeenBlock, signal: AbortSignal) => Promise<BlockSeen>;
  /** Whether an endpoint has call traces, and they may be asked for. */
  readonly canTrace: (signal: AbortSignal) => Promise<boolean>;
  /** Those of the addresses that have no code at the head. */
  readonly withoutCode: (addresses: readonly string[], signal: AbortSignal) => Promise<readonly string[]>;
}

/** A block and when the head that led to it was learnt of, Unix milliseconds. */
export interface SeenBlock {
  readonly block: RawBlock;
  readonly observedAtMs: number;
}

/** What a reader needs. */
export interface ReaderOptions {
  readonly pool: ChainPool;
  readonly watch: Watch;
  readonly rpc: Pick<RpcConfig, "trace" | "timeoutMs">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Opens a reader over a pool of endpoints. */
export function createReader(options: ReaderOptions): Reader {
  const { pool } = options;
  const tagged = createTags(pool);
  const prover = createProver(options);
  // Where call traces show the transactions, all of a block but their hashes would be told twice.
  const wantsWhole = async (signal: AbortSignal): Promise<boolean> => !(await tracesCalls(options, signal));
  return {
    heads: async (signal) => {
      const [head, safe, finalized] = await Promise.all([
        askBlock(pool, { method: "eth_getBlockByNumber", params: ["latest", false] }, signal),
        tagged("safe", signal),
        tagged("finalized", signal),
      ]);
      return { head, safe, finalized };
    },
    byNumber: async (number, signal) => {
      const params = [`0x${number.toString(16)}`, await wantsWhole(signal)];
      const found = await askBlock(pool, { method: "eth_getBlockByNumber", params, atBlock: number }, signal);
      if (found.number === number) return found;
      throw pool.reject("unknown", "the node answered with a block of another height");
    },
    byHash: async (hash, signal) => await blockByHash(pool, { hash, whole: await wantsWhole(signal) }, signal),
    complete: async ({ block, observedAtMs }, signal) => {
      const receipts = await readReceipts(options, block, signal);
      const { transactions, grade } = await prover.prove({ block, receipts }, signal);
      const { number, hash, parentHash, timeMs } = block;
      const reads = await readParams(options, { block, transactions }, signal);
      const seen = { type: "block", observedAtMs, number, hash, parentHash, timeMs, grade, transactions } as const;
      return reads.length === 0 ? seen : { ...seen, reads };
    },
    canTrace: (signal) => canTrace(options, signal),
    withoutCode: async (addresses, signal) => {
      const codeAt = async (address: string): Promise<unknown> =>
        (await pool.ask({ method: "eth_getCode", params: [address, "latest"] }, signal)).result;
      const codes = await Promise.all(addresses.map(codeAt));
      return addresses.filter((_, index) => codes[index] === "0x");
    },
  };
}

/** The numbers behind `safe` and `finalized`; a node that does not know a tag is not asked for it again. */
function createTags(pool: ChainPool): (tag: "safe" | "finalized", signal: AbortSignal) => Promise<number | null> {
  const unknown = new Set<string>();
  return async (tag, signal) => {
    if (unknown.has(tag)) return null;
    try {
      const read = (result: unknown) => parseBlock(result)?.number;
      const { result: number, provider } = await pool.ask({ method: "eth_getBlockByNumber", params: [tag, false], read }, signal);
      if (tag === "finalized" && number !== undefined) pool.heard(provider, { finalized: number });
      return number ?? null;
    } catch (error) {
      if (signal.aborted || faultOf(error) !== "rpc_error") throw error;
      unknown.add(tag);
      return null;
    }
  };
}

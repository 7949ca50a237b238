import type { Address, Hash, Hex } from "viem";
import { OffingError } from "#core/errors.ts";

/** A transaction as `eth_sendTransaction` and `anvil_reorg` take it; quantities are hexadecimal. */
export interface TransactionRequest {
  readonly from: Address;
  readonly to?: Address;
  readonly data: Hex;
  readonly gas: Hex;
  readonly nonce?: Hex;
}

/** The fields of a mined transaction that the world reads. */
interface RpcTransaction {
  readonly hash: Hash;
  readonly from: Address;
  readonly nonce: Hex;
}

/** The fields of a block, asked for with full transactions, that the world reads. */
export interface RpcBlock {
  readonly number: Hex;
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly timestamp: Hex;
  readonly transactions: readonly RpcTransaction[];
}

/** The fields of a receipt that the world reads. */
export interface RpcReceipt {
  readonly transactionHash: Hash;
  readonly transactionIndex: Hex;
  readonly blockHash: Hash;
  readonly blockNumber: Hex;
  readonly status: Hex;
  readonly contractAddress: Address | null;
  readonly logs: readonly { readonly address: Address; readonly topics: readonly Hex[]; readonly data: Hex }[];
}

/** A frame of geth's callTracer. */
export interface CallFrame {
  readonly type: string;
  readonly from: Address;
  readonly to?: Address;
  readonly input: Hex;
  readonly output?: Hex;
  readonly error?: string;
  readonly calls?: readonly CallFrame[];
}

/** The JSON-RPC methods of anvil that the world uses, each with its parameters and its result. */
interface Methods {
  eth_chainId: { params: []; result: Hex };
  eth_accounts: { params: []; result: readonly Address[] };
  eth_sendTransaction: { params: [TransactionRequest]; result: Hash };
  eth_getTransactionCount: { params: [Address, Hex | "latest"]; result: Hex };
  eth_getTransactionReceipt: { params: [Hash]; result: RpcReceipt | null };
  eth_getBlockByNumber: { params: [Hex | "latest" | "safe" | "finalized", true]; result: RpcBlock | null };
  eth_getBlockByHash: { params: [Hash, true]; result: RpcBlock | null };
  eth_getBlockReceipts: { params: [Hash]; result: readonly RpcReceipt[] | null };
  debug_getRawTransaction: { params: [Hash]; result: Hex };
  debug_traceTransaction: { params: [Hash, { tracer: "callTracer" }]; result: CallFrame };
  evm_setNextBlockTimestamp: { params: [Hex]; result: unknown };
  evm_mine: { params: []; result: unknown };
  evm_snapshot: { params: []; result: Hex };
  evm_revert: { params: [Hex]; result: boolean };
  eth_sendRawTransaction: { params: [Hex]; result: Hash };
  anvil_setNextBlockBaseFeePerGas: { params: [Hex]; result: unknown };
  anvil_rollback: { params: [number]; result: unknown };
  anvil_setBlockTimestampInterval: { params: [number]; result: unknown };
  anvil_removeBlockTimestampInterval: { params: []; result: unknown };
  anvil_reorg: { params: [number, readonly (readonly [Hex | TransactionRequest, number])[]]; result: null };
}

/** Asks one method and waits for its result. */
export type Rpc = <M extends keyof Methods>(method: M, ...params: Methods[M]["params"]) => Promise<Methods[M]["result"]>;

const timeoutMs = 60_000;

/**
 * Opens a JSON-RPC caller for a local anvil: one POST for one call, no retries, so nothing is ever sent twice.
 *
 * @throws DEMO_FAILED when anvil does not answer, answers with an error or with something that is not JSON-RPC.
 * @see https://www.jsonrpc.org/specification
 */
export function createRpc(url: string): Rpc {
  let id = 0;
  return async <M extends keyof Methods>(method: M, ...params: Methods[M]["params"]): Promise<Methods[M]["result"]> => {
    id += 1;
    const answer = await post(url, { jsonrpc: "2.0", id, method, params });
    if (answer.error !== undefined) {
      throw new OffingError("DEMO_FAILED", { message: `anvil refused ${method}: ${answer.error.message}`, context: { url, method } });
    }
    return answer.result;
  };
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

async function post(url: string, call: { readonly method: string } & Readonly<Record<string, unknown>>): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(call),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const answer: unknown = await response.json();
    if (!isAnswer(answer)) throw new TypeError("the answer is not a JSON-RPC response");
    return answer;
  } catch (cause) {
    throw new OffingError("DEMO_FAILED", { message: `anvil does not answer ${call.method}`, context: { url, method: call.method }, cause });
  }
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === "object" && value !== null && ("result" in value || "error" in value);
}

/** Writes a quantity the way JSON-RPC wants it: hexadecimal without leading zeros. */
export function quantity(value: number | bigint): Hex {
  return `0x${value.toString(16)}`;
}

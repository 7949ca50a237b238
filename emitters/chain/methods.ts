import type { MethodTable } from "#core/rpc/methods.ts";
import type { Pool } from "#core/rpc/pool.ts";
import type { RpcConfig } from "./config.ts";
import { parseBlock } from "./shapes.ts";

/** Every method that may ever be sent to a node: none of them changes anything. */
export const READ_METHODS = [
  "eth_chainId",
  "eth_getBlockByNumber",
  "eth_getBlockByHash",
  "eth_getBlockReceipts",
  "eth_getTransactionReceipt",
  "eth_getCode",
  "eth_call",
  "eth_simulateV1",
  "debug_traceTransaction",
  "debug_traceBlockByHash",
  "trace_block",
  "trace_transaction",
  "ots_getTransactionError",
] as const;
/** One of them. */
export type ReadMethod = (typeof READ_METHODS)[number];

/** The endpoints of a chain. */
export type ChainPool = Pool<ReadMethod>;

/** What may be asked under this policy: where traces are off not even a probe asks for one. */
export function methodsFor({ trace }: Pick<RpcConfig, "trace">): MethodTable<ReadMethod> {
  if (trace !== "off") return CHAIN_METHODS;
  const { tracing, ...others } = CHAIN_METHODS;
  return others;
}

const NOTHING = `0x${"0".repeat(64)}`;

/** What this emitter asks of a node. */
const CHAIN_METHODS: MethodTable<ReadMethod> = {
  allowed: READ_METHODS,
  together: [
    "eth_getBlockByNumber",
    "eth_getBlockByHash",
    "eth_getBlockReceipts",
    "eth_getTransactionReceipt",
    "trace_block",
    "debug_traceBlockByHash",
  ],
  optional: {
    eth_getBlockReceipts: [NOTHING],
    eth_simulateV1: [{ blockStateCalls: [] }, "latest"],
    debug_traceTransaction: [NOTHING, { tracer: "callTracer" }],
    debug_traceBlockByHash: [NOTHING, { tracer: "callTracer" }],
    trace_block: ["0xffffffffffff"],
    trace_transaction: [NOTHING],
    ots_getTransactionError: [NOTHING],
  },
  genesis: { method: "eth_getBlockByNumber", params: ["0x0", false], hash: (result) => parseBlock(result)?.hash },
  head: { method: "eth_getBlockByNumber", params: ["latest", false], number: (result) => parseBlock(result)?.number },
  archive: (block) => ({ method: "eth_getCode", params: [`0x${"0".repeat(40)}`, `0x${block.toString(16)}`] }),
  tracing: {
    methods: ["debug_traceBlockByHash", "debug_traceTransaction", "trace_block", "trace_transaction"],
    probe: { method: "trace_block", params: ["latest"] },
  },
  identity: {
    method: "eth_chainId",
    params: [],
    served: (result) => {
      const id = typeof result === "string" ? Number(result) : Number.NaN;
      return Number.isSafeInteger(id) ? id : undefined;
    },
  },
};

import { OffingError } from "#core/errors.ts";
import type { ChainPool } from "../methods.ts";
import type { Mined, MinedBlock, RootBytes } from "./mined.ts";

/**
 * Runs a block again up to the last wanted transaction, each as the block's own, and gives what the wanted ones reverted with.
 *
 * A replay is believed only when the status and the gas of the wanted transaction and of every one before it are the receipts': then state
 * that moved inside the block moved here too. One that differs is a counted fault and proves nothing from there on.
 *
 * @see https://ethereum.github.io/execution-apis/ eth_simulateV1
 */
export async function simulatedReverts(
  pool: ChainPool,
  { block, mined, wanted }: MinedBlock & { readonly wanted: readonly Mined[] },
  signal: AbortSignal,
): Promise<ReadonlyMap<Mined, RootBytes>> {
  const found = new Map<Mined, RootBytes>();
  const last = wanted.at(-1);
  if (last === undefined || !(await pool.supports("eth_simulateV1", signal))) return found;
  const replayed = await replay(pool, { block, mined: mined.slice(0, last.index + 1) }, signal);
  for (const one of mined.slice(0, last.index + 1)) {
    const call = replayed?.[one.index];
    if (call === undefined) return found;
    if (call.success !== one.receipt.success || call.gasUsed !== one.receipt.gasUsed) {
      pool.reject("replay_mismatch", "a replayed transaction did not end as its receipt says");
      return found;
    }
    if (wanted.includes(one)) found.set(one, { by: "simulation", data: call.data });
  }
  return found;
}

interface ReplayedCall {
  readonly success: boolean;
  readonly gasUsed: bigint;
  readonly data: string;
}

/** Undefined when the node cannot: the state is gone, or the block too large for it. */
async function replay(pool: ChainPool, { block, mined }: MinedBlock, signal: AbortSignal): Promise<readonly ReplayedCall[] | undefined> {
  try {
    const whole = await asTold(pool, { block, mined }, signal);
    const calls = whole.transactions.map((transaction) => pick(transaction, CALL_FIELDS));
    const state = { blockStateCalls: [{ blockOverrides: overridesOf(whole), calls }], validation: true };
    const params = [state, { blockHash: block.parentHash }];
    const { result } = await pool.ask({ method: "eth_simulateV1", params, aside: true }, signal);
    const [only] = Array.isArray(result) ? (result as readonly { readonly calls?: unknown }[]) : [];
    const list: readonly unknown[] = Array.isArray(only?.calls) ? only.calls : [];
    const parsed = list.map(parseCall);
    return parsed.every((call) => call !== undefined) ? parsed : undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof OffingError) || error.retry === "never") throw error;
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** The block's header with the transactions to replay, in every field: it is asked for once more, because next to no block is replayed. */
async function asTold(
  pool: ChainPool,
  { block, mined }: MinedBlock,
  signal: AbortSignal,
): Promise<Fields & { readonly transactions: readonly Fields[] }> {
  const { result, provider } = await pool.ask({ method: "eth_getBlockByHash", params: [block.hash, true], aside: true }, signal);
  const told = (result ?? {}) as Fields;
  const list = Array.isArray(told["transactions"]) ? (told["transactions"] as readonly Fields[]) : [];
  const transactions = list.slice(0, mined.length);
  const same = mined.every(({ transaction }, index) => String(transactions[index]?.["hash"]).toLowerCase() === transaction.hash);
  if (same && String(told["hash"]).toLowerCase() === block.hash) return { ...told, transactions };
  throw pool.reject("unknown", "the node answered with another block", provider);
}

const CALL_FIELDS = [
  "from",
  "to",
  "input",
  "gas",
  "value",
  "nonce",
  "maxFeePerGas",
  "maxPriorityFeePerGas",
  "accessList",
  "authorizationList",
  "blobVersionedHashes",
  "maxFeePerBlobGas",
] as const;

/** A simulated block is the parent's child by default; what its transactions can ask about must be the real one's. */
function overridesOf(header: Fields): Fields {
  const { number, timestamp: time, gasLimit, miner: feeRecipient, mixHash: prevRandao, baseFeePerGas } = header;
  return pick({ number, time, gasLimit, feeRecipient, prevRandao, baseFeePerGas }, [
    "number",
    "time",
    "gasLimit",
    "feeRecipient",
    "prevRandao",
    "baseFeePerGas",
  ]);
}

function pick(raw: Fields, keys: readonly string[]): Fields {
  const picked = Object.fromEntries(keys.flatMap((key) => (raw[key] === undefined || raw[key] === null ? [] : [[key, raw[key]]])));
  // Before EIP-1559 there is one price.
  return keys.includes("maxFeePerGas") && picked["maxFeePerGas"] === undefined && raw["gasPrice"] !== undefined
    ? { ...picked, gasPrice: raw["gasPrice"] }
    : picked;
}

/** Geth tells revert bytes in the error, anvil in the return data. */
function parseCall(value: unknown): ReplayedCall | undefined {
  const { status, gasUsed, returnData, error } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof status !== "string" || typeof gasUsed !== "string" || !/^0x[0-9a-f]{1,64}$/i.test(gasUsed)) return undefined;
  const { data } = (error ?? {}) as { readonly data?: unknown };
  const bytes = [data, returnData].find((candidate) => typeof candidate === "string" && candidate.length > 2) ?? "0x";
  return { success: BigInt(status) === 1n, gasUsed: BigInt(gasUsed), data: String(bytes).toLowerCase() };
}

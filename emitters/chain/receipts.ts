import type { ChainPool } from "./methods.ts";
import { parseReceipt, type RawBlock, type RawReceipt } from "./shapes.ts";
import type { Watch } from "./watch.ts";

/** What reading receipts needs. */
export interface ReceiptOptions {
  readonly pool: ChainPool;
  readonly watch: Pick<Watch, "touched">;
}

/**
 * Reads the receipts of a block in one request, or one by one from nodes that cannot do that, and proves that they are all there.
 *
 * @throws SOURCE_UNREACHABLE, SOURCE_RESPONSE_INVALID
 * @see https://ethereum.github.io/execution-apis/ eth_getBlockReceipts
 */
export async function readReceipts({ pool, watch }: ReceiptOptions, block: RawBlock, signal: AbortSignal): Promise<readonly RawReceipt[]> {
  const read = (answer: unknown) => parseReceipt(answer, watch.touched);
  const { receipts, provider } = block.hashes.length === 0 ? NONE : await ask({ pool, read }, block, signal);
  const whole = receipts.filter((receipt) => receipt !== undefined);
  const fault = whole.length < receipts.length ? "one of them is not readable" : mismatchOf(block, whole);
  if (fault === undefined) return whole;
  throw pool.reject("receipt_mismatch", `the receipts of a block are not its own: ${fault}`, provider);
}

/** What proves that receipts are not all those of the block, or undefined: their number, order, blocks and the gas they add up to. */
export function mismatchOf(block: RawBlock, receipts: readonly RawReceipt[]): string | undefined {
  if (receipts.length !== block.hashes.length) return "another number of them";
  for (const [index, receipt] of receipts.entries()) {
    if (receipt.transactionHash !== block.hashes[index] || receipt.index !== index) return "another order";
    if (receipt.blockHash !== block.hash) return "one of another block";
  }
  const gasUsed = receipts.at(-1)?.cumulativeGasUsed ?? 0n;
  return gasUsed === block.gasUsed ? undefined : "another sum of gas than the header";
}

/** What came for receipts, undefined where it is none, and who gave them; undefined when it was more than one endpoint. */
interface Given {
  readonly receipts: readonly (RawReceipt | undefined)[];
  readonly provider: string | undefined;
}

const NONE: Given = { receipts: [], provider: undefined };

interface Asking {
  readonly pool: ChainPool;
  readonly read: (answer: unknown) => RawReceipt | undefined;
}

async function ask({ pool, read }: Asking, { number, hash, hashes }: RawBlock, signal: AbortSignal): Promise<Given> {
  const method = "eth_getBlockReceipts";
  if (await pool.supports(method, signal)) {
    const readAll = (result: unknown) => (Array.isArray(result) ? result.map(read) : []);
    const { result, provider } = await pool.ask({ method, params: [hash], aside: true, atBlock: number, read: readAll }, signal);
    return { receipts: result, provider };
  }
  const one = (transaction: string) =>
    pool.ask({ method: "eth_getTransactionReceipt", params: [transaction], aside: true, atBlock: number, read }, signal);
  const each = await Promise.all(hashes.map(one));
  return {
    receipts: each.map(({ result }) => result),
    provider: new Set(each.map(({ provider }) => provider)).size === 1 ? each[0]?.provider : undefined,
  };
}

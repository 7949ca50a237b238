import type { Frame } from "../observation.ts";
import { callOf, DEEPEST, endOf, type Sight } from "./frame-parts.ts";

/** The root frame of one transaction, with the transaction and block that the node says it is of. */
export interface FlatTrace {
  readonly frame: Frame;
  readonly transactionHash: string;
  readonly blockHash: string;
}

/**
 * Reads an answer of `trace_block` or `trace_transaction`: flat entries, of which each names its place in the call tree.
 *
 * Gives one root per transaction in the order of the answer, or undefined when a frame is not readable, has no parent or does not have as
 * many children as it says.
 *
 * @see https://openethereum.github.io/JSONRPC-trace-module
 */
export function parseFlatTraces(value: unknown, sight: Sight): readonly FlatTrace[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const roots: FlatTrace[] = [];
  const nodes: Node[] = [];
  // Entries come depth first, so the parent of one is the last node above it.
  let way: Node[] = [];
  for (const entry of value as readonly unknown[]) {
    const raw = fieldsOf(entry);
    // What a block pays its miner is no call.
    if (raw["type"] === "reward") continue;
    const { transactionHash, blockHash, traceAddress } = raw;
    if (typeof transactionHash !== "string" || typeof blockHash !== "string" || !isPath(traceAddress)) return undefined;
    const node = parseNode(raw, sight);
    if (node === undefined) return undefined;
    nodes.push(node);
    const depth = traceAddress.length;
    if (depth === 0) {
      way = [node];
      roots.push({ transactionHash: transactionHash.toLowerCase(), blockHash: blockHash.toLowerCase(), frame: node.frame });
      continue;
    }
    const parent = way[depth - 1];
    const root = roots.at(-1);
    if (parent === undefined || root?.transactionHash !== transactionHash.toLowerCase()) return undefined;
    if (parent.frame.calls.length !== traceAddress[depth - 1]) return undefined;
    parent.frame.calls.push(node.frame);
    way.length = depth;
    way.push(node);
  }
  return nodes.every(({ frame, subtraces }) => frame.calls.length === subtraces) ? roots : undefined;
}

/** A frame while its calls are still being found. */
interface Node {
  readonly frame: Omit<Frame, "calls"> & { readonly calls: Frame[] };
  readonly subtraces: number;
}

type Fields = Readonly<Record<string, unknown>>;

function parseNode(raw: Fields, sight: Sight): Node | undefined {
  const [action, result] = [fieldsOf(raw["action"]), fieldsOf(raw["result"])];
  const { subtraces, type } = raw;
  if (typeof subtraces !== "number") return undefined;
  const error = typeof raw["error"] === "string" ? raw["error"] : null;
  // Some nodes tell no output of what reverted.
  const end = endOf(error, typeof result["output"] === "string" ? result["output"] : null);
  const call = callIn(type, { action, result });
  if (call === undefined) return undefined;
  const { type: callType, ...parts } = call;
  return { frame: { type: callType, ...callOf(parts, sight), ...end, calls: [] }, subtraces };
}

function callIn(type: unknown, { action, result }: { readonly action: Fields; readonly result: Fields }) {
  const { from, to, input, init, callType, creationMethod, address, refundAddress } = action;
  if (type === "suicide" && typeof address === "string") return { type: "SELFDESTRUCT", from: address, to: refundAddress, input: "0x" };
  if (typeof from !== "string") return undefined;
  if (type === "call" && typeof callType === "string" && typeof input === "string")
    return { type: callType.toUpperCase(), from, to, input };
  if (type !== "create" || typeof init !== "string") return undefined;
  return { type: creationMethod === "create2" ? "CREATE2" : "CREATE", from, to: result["address"], input: init };
}

function isPath(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= DEEPEST && value.every((part) => Number.isInteger(part));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

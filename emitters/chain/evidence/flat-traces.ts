import type { Frame } from "../observation.ts";
import { callOf, endOf, type KeepsInput } from "./frame-parts.ts";

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
export function parseFlatTraces(value: unknown, keepsInput: KeepsInput): readonly FlatTrace[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const roots: { readonly node: Node; readonly transactionHash: string; readonly blockHash: string }[] = [];
  const nodes = new Map<string, Node>();
  for (const entry of value as readonly unknown[]) {
    const raw = fieldsOf(entry);
    // What a block pays its miner is no call.
    if (raw["type"] === "reward") continue;
    const node = parseNode(raw, keepsInput);
    const { transactionHash, blockHash, traceAddress } = raw;
    if (node === undefined || typeof transactionHash !== "string" || typeof blockHash !== "string" || !isPath(traceAddress))
      return undefined;
    const key = [transactionHash, ...traceAddress].join(" ");
    if (nodes.has(key)) return undefined;
    nodes.set(key, node);
    if (traceAddress.length === 0) {
      roots.push({ node, transactionHash: transactionHash.toLowerCase(), blockHash: blockHash.toLowerCase() });
      continue;
    }
    const parent = nodes.get([transactionHash, ...traceAddress.slice(0, -1)].join(" "));
    if (parent === undefined || parent.children.length !== traceAddress.at(-1)) return undefined;
    parent.children.push(node);
  }
  for (const { children, subtraces } of nodes.values()) if (children.length !== subtraces) return undefined;
  return roots.map(({ node, ...root }) => ({ ...root, frame: frameOf(node) }));
}

interface Node {
  readonly frame: Omit<Frame, "calls">;
  readonly subtraces: number;
  readonly children: Node[];
}

type Fields = Readonly<Record<string, unknown>>;

function parseNode(raw: Fields, keepsInput: KeepsInput): Node | undefined {
  const [action, result] = [fieldsOf(raw["action"]), fieldsOf(raw["result"])];
  const { subtraces, type } = raw;
  if (typeof subtraces !== "number") return undefined;
  const error = typeof raw["error"] === "string" ? raw["error"] : null;
  // Some nodes tell no output of what reverted.
  const end = endOf(error, typeof result["output"] === "string" ? result["output"] : null);
  const call = callIn(type, { action, result });
  if (call === undefined) return undefined;
  const { type: callType, ...parts } = call;
  return { frame: { type: callType, ...callOf(parts, keepsInput), ...end }, subtraces, children: [] };
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

function frameOf({ frame, children }: Node): Frame {
  return { ...frame, calls: children.map(frameOf) };
}

function isPath(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((part) => Number.isInteger(part));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

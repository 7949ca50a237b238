import type { Abi, AbiEvent, AbiFunction, AbiParameter } from "viem";
import { parseAbi, toFunctionSelector, toFunctionSignature } from "viem/utils";

/** An ABI, or what is wrong with its source and at which entry of it. */
export type ParsedAbi = { readonly abi: Abi } | { readonly fault: string; readonly entry?: number };

/** Parses human-readable lines such as `function mint(uint256 amount)`. @see https://abitype.dev/api/human */
export function parseReadableAbi(lines: readonly string[]): ParsedAbi {
  try {
    return { abi: parseAbi(lines) as Abi };
  } catch {
    const entry = lines.findIndex((line) => !parses(line));
    const fault = "must be human-readable ABI lines, such as `function mint(uint256 amount)`";
    return entry === -1 ? { fault } : { fault, entry };
  }
}

/** Takes a compiler's JSON ABI: the list itself, or an artifact that holds it under `abi`. */
export function parseJsonAbi(text: string): ParsedAbi {
  try {
    const parsed: unknown = JSON.parse(text);
    const list = Array.isArray(parsed) ? parsed : (parsed as { readonly abi?: unknown } | null)?.abi;
    if (Array.isArray(list) && list.every(isAbiItem)) return { abi: list as Abi };
  } catch {
    // The fault below says what is expected.
  }
  return { fault: "must name a file with a JSON ABI, as compilers write it" };
}

/** The functions that an action means: every overload of a name, or the one of a full signature such as `mint(uint256)`. */
export function functionsOf(abi: Abi, wanted: string): readonly AbiFunction[] {
  const functions = abi.filter((item): item is AbiFunction => item.type === "function");
  return functions.filter((item) => item.name === wanted || signatureOf(item) === wanted);
}

/** The events of a name, or the one of a full signature such as `OracleChanged(address,address)`. */
export function eventsOf(abi: Abi, wanted: string): readonly AbiEvent[] {
  const events = abi.filter((item): item is AbiEvent => item.type === "event");
  return events.filter((item) => item.name === wanted || signatureOf(item) === wanted);
}

/** The first four bytes of a call of this function, as 0x and eight digits. */
export function selectorOf(item: AbiFunction): string {
  return toFunctionSelector(item).toLowerCase();
}

/** The signature of a function, event or error, such as `mint(uint256)`, as selectors and topics are made of. */
export function signatureOf({ name, inputs }: { readonly name: string; readonly inputs: readonly AbiParameter[] }): string {
  return toFunctionSignature({ type: "function", name, inputs, outputs: [], stateMutability: "view" });
}

function parses(line: string): boolean {
  try {
    parseAbi([line]);
    return true;
  } catch {
    return false;
  }
}

function isAbiItem(item: unknown): boolean {
  if (typeof item !== "object" || item === null || !("type" in item)) return false;
  if (item.type !== "function" && item.type !== "event" && item.type !== "error") return true;
  return "name" in item && typeof item.name === "string" && "inputs" in item && Array.isArray(item.inputs);
}

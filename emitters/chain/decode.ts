import type { AbiParameter } from "viem";
import { decodeAbiParameters } from "viem/utils";
import type { EvmRevertKind } from "#contract/generated/chain.ts";
import { clean } from "#core/clean.ts";
import type { ReasonCode } from "./names.ts";
import type { Watch } from "./watch.ts";

/** What revert bytes say, whoever wrote them. */
export interface Decoded {
  readonly kind: EvmRevertKind;
  /** The custom error's name, `Error` or `Panic`; null when there are no bytes or nobody knows them. */
  readonly error: string | null;
  /** The text of `Error(string)`, or the code of `Panic(uint256)`. */
  readonly message: string | null;
  /** The arguments of a custom error. */
  readonly args: readonly string[];
  /** The reason code that the bytes claim; whether it counts depends on who wrote them. */
  readonly code: ReasonCode | null;
}

const NOTHING: Decoded = { kind: "unreadable", error: null, message: null, args: [], code: null };
const ERROR_SELECTOR = "0x08c379a0";
const PANIC_SELECTOR = "0x4e487b71";
const MESSAGE_LENGTH = 256;
const ARGUMENT_LENGTH = 128;
const ARGUMENTS = 8;

/** Reads revert bytes: a custom error by its selector, `Error(string)` by its text, `Panic(uint256)`, or none of these. Never throws. */
export function decodeRevert(data: string, { errors, messages }: Pick<Watch, "errors" | "messages">): Decoded {
  if (data.length <= 2) return { ...NOTHING, kind: "empty" };
  const selector = data.slice(0, 10).toLowerCase();
  if (selector === ERROR_SELECTOR) {
    const [text] = argumentsOf([{ type: "string" }], data) ?? [];
    if (typeof text !== "string") return NOTHING;
    return { ...NOTHING, kind: "error_string", error: "Error", message: clean(text, MESSAGE_LENGTH), code: messages.get(text) ?? null };
  }
  if (selector === PANIC_SELECTOR) {
    const [code] = argumentsOf([{ type: "uint256" }], data) ?? [];
    if (typeof code !== "bigint") return NOTHING;
    return { ...NOTHING, kind: "panic", error: "Panic", message: `0x${code.toString(16).padStart(2, "0")}` };
  }
  const known = errors.get(selector);
  if (known === undefined) return NOTHING;
  // The selector names the error; arguments that do not fit their types are left out.
  const args = (argumentsOf(known.inputs, data) ?? []).slice(0, ARGUMENTS).map((value) => clean(printed(value), ARGUMENT_LENGTH));
  return { ...NOTHING, kind: "custom_error", error: known.name, args, code: known.code };
}

/** A decoded value as text: numbers in decimal, lists as JSON, addresses in lower case. */
export function printed(value: unknown): string {
  if (typeof value === "string") return /^0x[0-9a-fA-F]{40}$/.test(value) ? value.toLowerCase() : value;
  if (typeof value === "object") return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
  return String(value);
}

function argumentsOf(inputs: readonly AbiParameter[], data: string): readonly unknown[] | undefined {
  if (inputs.length === 0) return [];
  try {
    return decodeAbiParameters(inputs, `0x${data.slice(10)}`);
  } catch {
    return undefined;
  }
}

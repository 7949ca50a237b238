import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { OffingError } from "#core/errors.ts";
import { readContract } from "../schema.ts";

/** A checkout with nothing but a contract in it, gone once it is disposed of. */
export interface TemporaryCheckout extends Disposable {
  readonly root: string;
  readonly write: (path: string, text: string) => void;
}

/** Makes a checkout whose `contract/` holds `files`, by their names. */
export function checkoutOf(files: Readonly<Record<string, string>>): TemporaryCheckout {
  const root = mkdtempSync(join(tmpdir(), "offing-contract-"));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [name, text] of Object.entries(files)) write(`contract/${name}`, text);
  return { root, write, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** The lines of faults a contract is refused with; none when it is accepted. */
export function faultsOf(files: Readonly<Record<string, string>>): readonly string[] {
  using checkout = checkoutOf(files);
  try {
    readContract(checkout);
    return [];
  } catch (error) {
    if (error instanceof OffingError && error.code === "CONTRACT_INVALID") return error.message.split("\n  ").slice(1);
    throw error;
  }
}

/** Takes the mark `§` out of a file and tells the place where it stood, as `contract/NAME:LINE:COLUMN`. */
export function marked(name: string, text: string): { readonly text: string; readonly place: string } {
  const before = text.slice(0, text.indexOf("§")).split("\n");
  return { text: text.replace("§", ""), place: `contract/${name}:${before.length}:${(before.at(-1) ?? "").length + 1}` };
}

/** A contract file whose attributes `color` (closed), `hash` (open) and `slot` (bounded) are followed by `rest`. */
export function withAttributes(rest: string): string {
  return `file_format: definition/2
attributes:
  - { key: color, brief: A colour., stability: development, type: { members: [{ id: red, value: red, brief: Red., stability: development }] } }
  - { key: hash, brief: A hash., stability: development, type: string }
  - { key: slot, brief: A slot., stability: development, type: int, annotations: { bound: two slots per host } }
${rest}`;
}

/** One metric that obeys every rule, with `changes` put over its fields; a field set to undefined is left out. */
export function metricEntry(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const fields: Readonly<Record<string, string | undefined>> = {
    name: "offing.chain.depth",
    instrument: "gauge",
    unit: '"{block}"',
    brief: "Depth.",
    stability: "development",
    attributes: "[]",
    annotations: "{ resource: process, prometheus: { name: offing_chain_depth } }",
    ...changes,
  };
  const lines = Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [`    ${key}: ${value}`]));
  return `  -\n${lines.join("\n")}\n`;
}

import { readdir, readFile } from "node:fs/promises";
import type { Abi, Hex } from "viem";
import { OffingError } from "#core/errors.ts";

/** The contracts that are deployed. */
export const CONTRACT_NAMES = ["Oracle", "PSM", "BuybackVault", "Router", "Impostor"] as const;

/** The name of a contract in `contracts/`. */
export type ContractName = (typeof CONTRACT_NAMES)[number];

/** What the compiler made of one contract. */
interface Artifact {
  readonly abi: Abi;
  /** Creation code, without constructor arguments. */
  readonly bytecode: Hex;
}

/** All contracts of the world, compiled. */
export type Artifacts = Readonly<Record<ContractName, Artifact>>;

let compiled: Promise<Artifacts> | undefined;

/**
 * Compiles `contracts/*.sol`; the same sources give the same bytes, and a process compiles once.
 *
 * @throws DEMO_FAILED with the compiler's messages.
 * @see https://docs.soliditylang.org/en/latest/using-the-compiler.html
 */
export function compileContracts(): Promise<Artifacts> {
  compiled ??= readSources().then(compileSources);
  return compiled;
}

/** Reads the Solidity sources, keyed by the name that their imports use. */
async function readSources(): Promise<Readonly<Record<string, string>>> {
  const folder = new URL("contracts/", import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sol")).sort();
  const sources = names.map(async (name) => [name, await readFile(new URL(name, folder), "utf8")] as const);
  return Object.fromEntries(await Promise.all(sources));
}

/**
 * Compiles the given sources, each under its import name, and picks the contracts of the world out of the result.
 *
 * @throws DEMO_FAILED with the compiler's messages, or when a contract is missing.
 */
export async function compileSources(sources: Readonly<Record<string, string>>): Promise<Artifacts> {
  const compile = await loadCompiler();
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings: {
      evmVersion: "prague",
      optimizer: { enabled: true, runs: 200 },
      metadata: { appendCBOR: false, bytecodeHash: "none" },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
    },
  };
  const output: CompilerOutput = JSON.parse(compile(JSON.stringify(input)));
  const faults = (output.errors ?? []).filter((error) => error.severity === "error").map((error) => error.formattedMessage);
  if (faults.length > 0) throw compileFault(faults.join("\n"));
  const found = new Map(Object.values(output.contracts ?? {}).flatMap((file) => Object.entries(file)));
  const artifact = (name: ContractName): Artifact => {
    const contract = found.get(name);
    if (contract === undefined) throw compileFault(`there is no contract ${name}`);
    return { abi: contract.abi, bytecode: `0x${contract.evm.bytecode.object}` };
  };
  return {
    Oracle: artifact("Oracle"),
    PSM: artifact("PSM"),
    BuybackVault: artifact("BuybackVault"),
    Router: artifact("Router"),
    Impostor: artifact("Impostor"),
  };
}

/** The part of the compiler's standard JSON output that is asked for. */
interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, CompiledContract>>>>;
}

interface CompiledContract {
  readonly abi: Abi;
  readonly evm: { readonly bytecode: { readonly object: string } };
}

/**
 * Loads the compiler, which is slow and large, only when something is compiled.
 *
 * Its WebAssembly runtime installs a process-wide handler of unhandled rejections; a library must not decide that, so it is removed.
 */
async function loadCompiler(): Promise<(input: string) => string> {
  const before = new Set(process.listeners("unhandledRejection"));
  const { default: solc } = await import("solc");
  for (const listener of process.listeners("unhandledRejection")) {
    if (!before.has(listener)) process.off("unhandledRejection", listener);
  }
  return (input) => String(solc.compile(input));
}

function compileFault(detail: string): OffingError {
  return new OffingError("DEMO_FAILED", {
    message: `the demo's contracts do not compile: ${detail}`,
    hint: "Mend the sources in demo/world/contracts/.",
  });
}

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { OffingError } from "#core/errors.ts";
import { emitAllowedKeys, emitAllowedKeysYaml } from "./emit-allowed-keys.ts";
import { emitJson } from "./emit-json.ts";
import { emitDomainPage, emitErrorsPage } from "./emit-markdown.ts";
import { emitDomain, emitErrors, GENERATE_COMMAND } from "./emit-typescript.ts";
import type { Contract } from "./model.ts";
import { readContract } from "./schema.ts";

/** Where the contract lives; the folders of this checkout when left out. */
export interface ContractPlaces {
  /** The repository's root; every path below is relative to it. */
  readonly root: string;
}

/** The content of every generated file, by its path from the root, in the order of the paths. */
export type GeneratedFiles = ReadonlyMap<string, string>;

const CODE_FOLDER = "contract/generated";
const PAGE_FOLDER = "docs/reference";
const BANNER = /^(\/\/|<!--) Generated from contract\//u;

/** Writes nothing: what the generated files of a contract must hold. The same contract gives the same bytes. */
export function renderFiles(contract: Contract): GeneratedFiles {
  const files = new Map<string, string>([
    [`${CODE_FOLDER}/allowed-keys.ts`, emitAllowedKeys(contract)],
    [`${CODE_FOLDER}/allowed-keys.yaml`, emitAllowedKeysYaml(contract)],
    [`${CODE_FOLDER}/errors.ts`, emitErrors(contract.errors)],
    [`${CODE_FOLDER}/contract.json`, emitJson(contract)],
    [`${PAGE_FOLDER}/errors.md`, emitErrorsPage(contract.errors)],
  ]);
  for (const domain of contract.domains) {
    files.set(`${CODE_FOLDER}/${domain.name}.ts`, emitDomain(domain));
    files.set(`${PAGE_FOLDER}/telemetry-${domain.name}.md`, emitDomainPage(domain));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Reads the contract and writes every generated file that differs; removes generated files that no entry stands behind any more.
 *
 * @returns the paths that were written or removed
 * @throws CONTRACT_INVALID with every fault
 */
export function generate({ root }: ContractPlaces): readonly string[] {
  const files = renderFiles(readContract({ root }));
  const changed = differing(files, root);
  for (const path of changed) {
    const content = files.get(path);
    if (content === undefined) {
      rmSync(join(root, path));
      continue;
    }
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return changed;
}

/**
 * Compares what the contract says with the generated files on disk.
 *
 * @throws CONTRACT_INVALID with every fault; CONTRACT_DRIFT naming each file that differs, is missing or is left over
 */
export function checkGenerated({ root }: ContractPlaces): Contract {
  const contract = readContract({ root });
  const drifted = differing(renderFiles(contract), root);
  if (drifted.length === 0) return contract;
  throw new OffingError("CONTRACT_DRIFT", {
    message: [`generated files differ from the contract; \`${GENERATE_COMMAND}\` writes them anew`, ...drifted].join("\n  "),
    context: { files: drifted.length, command: GENERATE_COMMAND },
  });
}

function differing(files: GeneratedFiles, root: string): readonly string[] {
  const wrong = [...files].filter(([path, content]) => onDisk(join(root, path)) !== content).map(([path]) => path);
  return [...wrong, ...leftOver(files, root)].sort();
}

function leftOver(files: GeneratedFiles, root: string): readonly string[] {
  return [CODE_FOLDER, PAGE_FOLDER]
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((path) => !files.has(path) && BANNER.test(onDisk(join(root, path)) ?? ""));
}

function onDisk(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

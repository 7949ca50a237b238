import { globSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";

/** A file as the rules see it. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const MAX_LINES = 400;
const VAGUE_NAMES = /^(utils?|helpers?|common|manager|misc)\b/;
const EMITTER_FILES = ["README.md", "main.ts", "config.ts", "facts.ts", "source.ts", "interpret.ts", "signals.ts"];
const EXPORT = /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|const|let|class|interface|type) (\w+)/;

/** Holds the house rules that no linter knows: file size, names, docblocks, and the same file names in every emitter. */
export function checkShape(files: readonly SourceFile[]): readonly string[] {
  return [...files.flatMap(checkFile), ...checkEmitters(files.map((file) => file.path))];
}

function checkFile({ path, text }: SourceFile): string[] {
  const faults: string[] = [];
  const lines = text.split("\n");
  if (lines.length > MAX_LINES + 1) faults.push(`${path}: ${lines.length - 1} lines, at most ${MAX_LINES} are allowed`);
  if (VAGUE_NAMES.test(basename(path))) faults.push(`${path}: the name says nothing; name what it does`);
  if (!path.endsWith(".ts") || path.endsWith(".test.ts") || path.endsWith(".config.ts")) return faults;
  for (const [index, line] of lines.entries()) {
    const name = EXPORT.exec(line)?.[1];
    if (name !== undefined && !hasDocblock(lines, index)) faults.push(`${path}: ${name} is exported without a docblock`);
  }
  return faults;
}

/** A docblock stands right above, or above the neighbour that shares it (overloads, a const and its type of one name family). */
function hasDocblock(lines: readonly string[], index: number): boolean {
  for (let above = index - 1; above >= 0; above -= 1) {
    const line = lines[above]?.trim() ?? "";
    if (line.endsWith("*/")) return true;
    if (!EXPORT.test(line)) return false;
  }
  return false;
}

function checkEmitters(paths: readonly string[]): string[] {
  const emitters = new Set(paths.filter((path) => /^emitters\/[^/]+\/main\.ts$/.test(path)).map(dirname));
  return [...emitters].flatMap((folder) =>
    EMITTER_FILES.filter((name) => !paths.includes(`${folder}/${name}`)).map(
      (name) => `${folder}: ${name} is missing; every emitter has the same files`,
    ),
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  // Every folder, so that a new one is held too; what is generated or recorded is nobody's writing.
  const paths = globSync("**/*.{ts,sol,sh,bats,md}", {
    exclude: ["**/{node_modules,generated,fixtures,distribution}", "docs/reference", ".*"],
  });
  const faults = checkShape(paths.sort().map((path) => ({ path, text: readFileSync(path, "utf8") })));
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.stdout.write(`shape: ${paths.length} files, ${faults.length} faults\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

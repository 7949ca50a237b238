import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Bench, Result } from "./bench.ts";
import { chainBench } from "./chain.bench.ts";
import { chainLiveBench } from "./chain-live.bench.ts";
import { exportBench } from "./export.bench.ts";
import { interpretBench } from "./interpret.bench.ts";
import { ledgerPostgresBench } from "./ledger-postgres.bench.ts";
import { ledgerSqliteBench } from "./ledger-sqlite.bench.ts";
import { withinLimit } from "./limit.ts";
import { type Busyness, lookAround, type MachineFacts, machineFacts } from "./machine.ts";
import { nodeLibraryBench } from "./node-library.bench.ts";
import { nodeLiveBench } from "./node-live.bench.ts";
import { nodeLogBench } from "./node-log.bench.ts";
import { stackBench } from "./stack.bench.ts";
import { drawTable } from "./table.ts";

const BENCHES: readonly Bench[] = [
  interpretBench,
  chainBench,
  chainLiveBench,
  ledgerSqliteBench,
  ledgerPostgresBench,
  exportBench,
  nodeLibraryBench,
  nodeLogBench,
  nodeLiveBench,
  stackBench,
];
const LATEST = new URL("./results/latest.json", import.meta.url);

const [LIMIT_MS, QUICK_LIMIT_MS] = [40 * 60_000, 15 * 60_000];
/** For a stack to stop. */
const GRACE_MS = 60_000;

const HELP = `Measures Offing beside its peers, in one run, and prints one table.

  npm run bench                    everything, about half an hour
  node bench/run.ts --quick        smaller sizes, about ten minutes
  node bench/run.ts --only NAME    one bench; may be given more than once
  node bench/run.ts --json         the figures as JSON on standard output

${BENCHES.map(({ name, what }) => `  ${name.padEnd(16)} ${what}`).join("\n")}

The figures are kept in bench/results/latest.json. bench/README.md says how to read them.
Exit codes: 0 measured, whether targets were met or not; 1 a bench broke; 2 bad usage.
`;

/** One run, as it is kept. */
interface Report {
  readonly startedAt: string;
  readonly quick: boolean;
  readonly seconds: number;
  readonly machine: MachineFacts;
  readonly benches: readonly Measured[];
}

interface Measured extends Result {
  readonly name: string;
  readonly seconds: number;
  /** Before it began and after it ended, while nothing of ours ran. */
  readonly others: { readonly before: Busyness; readonly after: Busyness };
}

async function main(): Promise<number> {
  const chosen = choose(process.argv.slice(2));
  if (typeof chosen === "string") {
    process.stderr.write(`${chosen}\nRun node bench/run.ts --help to see how.\n`);
    return 2;
  }
  const { help, json, quick, benches } = chosen;
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { report, broken } = await measure(benches, quick);
  const text = `${JSON.stringify(report, rounded, 2)}\n`;
  mkdirSync(new URL(".", LATEST), { recursive: true });
  writeFileSync(LATEST, text);
  process.stdout.write(json ? text : `${render(report)}\n`);
  for (const { name, error } of broken) process.stderr.write(`${name} broke: ${error}\n`);
  return broken.length === 0 ? 0 : 1;
}

interface Choice {
  readonly help: boolean;
  readonly json: boolean;
  readonly quick: boolean;
  readonly benches: readonly Bench[];
}

/** What the arguments ask for, or what is wrong with them. */
function choose(args: readonly string[]): Choice | string {
  try {
    const flag = { type: "boolean", default: false } as const;
    const { values } = parseArgs({
      args: [...args],
      options: { help: { ...flag, short: "h" }, json: flag, quick: flag, only: { type: "string", multiple: true, default: [] } },
    });
    const unknown = values.only.filter((name) => !BENCHES.some((bench) => bench.name === name));
    if (unknown.length > 0) return `There is no bench ${unknown.join(", ")}; there are ${BENCHES.map(({ name }) => name).join(", ")}.`;
    const benches = BENCHES.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
    return { help: values.help, json: values.json, quick: values.quick, benches };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Broken {
  readonly name: string;
  readonly error: unknown;
}

async function measure(
  benches: readonly Bench[],
  quick: boolean,
): Promise<{ readonly report: Report; readonly broken: readonly Broken[] }> {
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort(new Error("interrupted"));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, onSignal);
  const folder = mkdtempSync(join(tmpdir(), "offing-bench-"));
  const startedAt = new Date();
  const measured: Measured[] = [];
  const broken: Broken[] = [];
  try {
    const machine = machineFacts(folder);
    for (const bench of benches) {
      if (interrupt.signal.aborted) break;
      try {
        measured.push(await measureOne(bench, { quick, folder: join(folder, bench.name), signal: interrupt.signal }));
      } catch (error) {
        broken.push({ name: bench.name, error });
      }
    }
    const seconds = (Date.now() - startedAt.getTime()) / 1000;
    return { report: { startedAt: startedAt.toISOString(), quick, seconds, machine, benches: measured }, broken };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Setting {
  readonly quick: boolean;
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function measureOne(bench: Bench, { quick, folder, signal }: Setting): Promise<Measured> {
  mkdirSync(folder, { recursive: true });
  const before = await lookAround();
  const beganMs = performance.now();
  const say = (text: string): void => void process.stderr.write(`${bench.name}: ${text}\n`);
  const limit = { signal, limitMs: quick ? QUICK_LIMIT_MS : LIMIT_MS, graceMs: GRACE_MS };
  const result = await withinLimit((own) => bench.run({ quick, folder, say, signal: own }), limit);
  const seconds = (performance.now() - beganMs) / 1000;
  rmSync(folder, { recursive: true, force: true });
  return { name: bench.name, seconds, others: { before, after: await lookAround() }, ...result };
}

function render({ machine, benches, seconds, quick }: Report): string {
  const { processor, cores, memoryGiB, node, fsyncMs, diskInMemory } = machine;
  const disk = diskInMemory ? "a disk in MEMORY: nothing here is durable" : `fsync ${fsyncMs.toFixed(2)} ms`;
  const busy = benches.flatMap(({ others }) => [others.before.busyShare, others.after.busyShare]).map((share) => Math.round(share * 100));
  return [
    "",
    drawTable(benches),
    "",
    ...benches.flatMap(({ notes = [] }) => notes),
    `Medians; spread is highest less lowest over the median; ours/peer is the median of the ratios round by round.`,
    `${processor}, ${cores} cores, ${memoryGiB} GiB, ${disk}, Node ${node}; ${Math.round(seconds)} s${quick ? ", quick sizes" : ""}.`,
    `Others kept the machine ${Math.min(...busy)} to ${Math.max(...busy)} % busy between the benches; above 10 % the figures are too low.`,
  ].join("\n");
}

/** Four significant digits are more than a bench knows. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

process.exitCode = await main();
// What was given up may still hold something open.
setTimeout(() => process.exit(), GRACE_MS).unref();

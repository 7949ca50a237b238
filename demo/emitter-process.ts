import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { OffingError } from "#core/errors.ts";
import { LAUNCH } from "../stack/launch.ts";

/** How to start an emitter as a process of its own, as an operator does. */
export interface EmitterOptions {
  /** One word: chain. */
  readonly domain: string;
  readonly config: string;
  /** Values set over the configuration, such as `collector.url=http://127.0.0.1:4318`. */
  readonly set?: readonly string[];
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A running emitter. */
export interface EmitterProcess {
  readonly pid: number;
  /** Base URL of its own HTTP server. */
  readonly url: string;
  readonly ledgerId: string;
  /** How it ended; never rejects. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stderr: string }>;
  /** Asks /state. */
  readonly state: () => Promise<EmitterState>;
  /** Ends it and waits; SIGTERM lets it hand over what it has. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

/** What /state tells. */
export interface EmitterState {
  readonly ledger: { readonly id: string; readonly head: number };
  readonly projector: { readonly cursor: number; readonly lag: number };
  /** How far each feed was read, by its name. */
  readonly cursors: Readonly<Record<string, unknown>>;
  readonly gauges: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const START_MS = 60_000;
const KEPT_STDERR = 64_000;

/**
 * Starts `offing run DOMAIN` and waits until it listens.
 *
 * @throws DEMO_FAILED with the end of its log when it ends before
 */
export async function startEmitter(options: EmitterOptions): Promise<EmitterProcess> {
  const args = [
    join(ROOT, "cli.ts"),
    "run",
    options.domain,
    "--config",
    options.config,
    ...(options.set ?? []).flatMap((value) => ["--set", value]),
  ];
  const child = spawn(process.execPath, [...LAUNCH.flags, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...LAUNCH.env, ...(options.env ?? process.env) },
  });
  const log = createWriteStream(options.logFile, { flags: "a" });
  let stderr = "";
  const running = Promise.withResolvers<{ http: string; ledger: string }>();
  child.stderr.on("data", (chunk: Buffer) => {
    log.write(chunk);
    stderr = (stderr + chunk.toString()).slice(-KEPT_STDERR);
    const found = readRunning(stderr);
    if (found !== undefined) running.resolve(found);
  });
  const exited = new Promise<Awaited<EmitterProcess["exited"]>>((resolve) => {
    child.on("error", (error) => resolve({ code: 1, signal: null, stderr: error.message }));
    child.on("close", (code, signal) => resolve({ code, signal, stderr }));
  });
  const first = await Promise.race([running.promise, exited, sleep(START_MS, undefined, { ref: false })]);
  if (first === undefined || !("http" in first)) {
    child.kill("SIGKILL");
    const message = `the ${options.domain} emitter did not start`;
    throw new OffingError("DEMO_FAILED", {
      message: `${message}\n${stderr.trim().split("\n").slice(-8).join("\n")}`,
      context: { log: options.logFile },
    });
  }
  const { http: url, ledger: ledgerId } = first;
  return {
    pid: child.pid ?? 0,
    url,
    ledgerId,
    exited,
    state: () => fetchState(url),
    stop: (signal = "SIGTERM") => end(child, exited, signal),
  };
}

/** Waits until the emitter's ledger holds block `blockNumber`. */
export async function untilIndexed(
  emitter: Pick<EmitterProcess, "state">,
  { blockNumber, timeoutMs }: { blockNumber: number; timeoutMs: number },
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const { gauges } = await emitter.state();
    const indexed = gauges.find(({ name, labels }) => name === "offing_chain_block_number" && labels["position"] === "indexed")?.value;
    if (indexed !== undefined && indexed >= blockNumber) return;
    if (performance.now() > deadlineMs) {
      const context = { wanted: blockNumber, indexed: indexed ?? "none" };
      throw new OffingError("DEMO_FAILED", { message: "the emitter does not keep up with the chain", context });
    }
    await sleep(50);
  }
}

function readRunning(stderr: string): { http: string; ledger: string } | undefined {
  for (const line of stderr.split("\n")) {
    if (!line.includes('"message":"running"')) continue;
    try {
      const { http, ledger } = JSON.parse(line) as { http: string; ledger: string };
      return { http, ledger };
    } catch {
      // The rest of the line is still on its way.
    }
  }
  return undefined;
}

async function fetchState(url: string): Promise<EmitterState> {
  const response = await fetch(`${url}/state`, { signal: AbortSignal.timeout(10_000) });
  return (await response.json()) as EmitterState;
}

async function end(child: ChildProcess, exited: Promise<unknown>, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await exited;
  clearTimeout(timer);
}

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OffingError } from "#core/errors.ts";
import { killWithThisProcess } from "./exit-guard.ts";
import { createRpc, type Rpc } from "./rpc.ts";

/** The chain id of every chain that the demo starts. */
export const CHAIN_ID = 31_337;

/** How to start anvil. */
export interface AnvilOptions {
  /** The port on loopback; `"free"`, the default, lets the system choose one. */
  readonly port?: number | "free";
  /** The genesis block's time in Unix seconds; half an hour ago when left out, so that a story of 25 minutes can end now. */
  readonly timestampSeconds?: number;
  /** A folder of the caller for the log and the state files; a temporary one, removed by `stop()`, when left out. */
  readonly folder?: string;
  /** Lets anvil live on when this process ends; the caller must remember the pid. Off when left out. */
  readonly outlive?: boolean;
}

/** How an anvil process ended: one of the two is null. */
export interface AnvilExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running anvil that mines only when told to. */
export interface Anvil {
  readonly pid: number;
  readonly port: number;
  /** Where JSON-RPC answers. */
  readonly url: string;
  readonly rpc: Rpc;
  /** Everything that anvil printed. */
  readonly logPath: string;
  /** Settles when the process is gone, whoever ended it; never rejects. */
  readonly exited: Promise<AnvilExit>;
  /** Ends the process and waits until it is gone; calling it again changes nothing. */
  stop(): Promise<void>;
}

const startTimeoutMs = 20_000;
const stopTimeoutMs = 5_000;

/**
 * Starts anvil from its npm package on loopback with manual mining, transactions in the order of arrival and a `finalized` tag that
 * follows the head closely, and waits until it answers.
 *
 * @throws TOOL_NOT_FOUND when there is no binary for this machine, PORT_TAKEN, DEMO_FAILED with the end of anvil's output otherwise.
 * @see https://getfoundry.sh/anvil/reference
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const binary = findAnvil();
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "offing-anvil-"));
  const temporary = options.folder === undefined ? folder : undefined;
  mkdirSync(folder, { recursive: true });
  const logPath = join(folder, "anvil.log");
  const child = launch({ binary, folder, logPath, options });
  const exited = exitOf(child);
  const releaseGuard = options.outlive === true ? () => {} : killWithThisProcess(child, temporary);
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= end(child, exited).then(async () => {
      releaseGuard();
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
    });
    return stopping;
  };
  try {
    const pid = pidOf(child);
    const port = await listeningPort(logPath, exited, options);
    const url = `http://127.0.0.1:${port}`;
    const rpc = createRpc(url);
    await rpc("eth_chainId");
    if (options.outlive === true) child.unref();
    return { pid, port, url, rpc, logPath, exited, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Finds the anvil binary: `OFFING_ANVIL_BIN` when set, else the one in the npm package for this platform.
 *
 * @throws TOOL_NOT_FOUND when npm has installed none for this machine.
 */
function findAnvil(): string {
  const chosen = process.env["OFFING_ANVIL_BIN"];
  if (chosen !== undefined && chosen !== "") return chosen;
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const binary = process.platform === "win32" ? "anvil.exe" : "anvil";
  try {
    const launcher = createRequire(import.meta.url).resolve("@foundry-rs/anvil/bin.mjs");
    return createRequire(launcher).resolve(`@foundry-rs/anvil-${process.platform}-${arch}/bin/${binary}`);
  } catch (cause) {
    throw toolFault("anvil is not installed for this machine", cause);
  }
}

function toolFault(message: string, cause?: unknown): OffingError {
  const context = { platform: process.platform, arch: process.arch };
  const hint = "Run `npm ci` with optional and dev dependencies, or set OFFING_ANVIL_BIN to an anvil binary.";
  return new OffingError("TOOL_NOT_FOUND", { message, context, hint, cause });
}

interface Launch {
  readonly binary: string;
  readonly folder: string;
  readonly logPath: string;
  readonly options: AnvilOptions;
}

/** Starts the process in a group of its own, so that Ctrl-C reaches us first and we decide the order of leaving. */
function launch({ binary, folder, logPath, options }: Launch): ChildProcess {
  const port = options.port ?? "free";
  const genesis = options.timestampSeconds ?? Math.floor(Date.now() / 1000) - 1800;
  const args = ["--host", "127.0.0.1", "--port", port === "free" ? "0" : String(port), "--chain-id", String(CHAIN_ID)];
  args.push("--timestamp", String(genesis), "--no-mining", "--order", "fifo", "--slots-in-an-epoch", "1");
  args.push("--gas-limit", "1000000000", "--cache-path", folder, "--color", "never");
  const log = openSync(logPath, "w");
  try {
    return spawn(binary, args, { stdio: ["ignore", log, log], detached: true });
  } finally {
    closeSync(log);
  }
}

function exitOf(child: ChildProcess): Promise<AnvilExit> {
  return new Promise((resolve) => {
    child.once("error", () => resolve({ code: null, signal: null }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** A process that could not be started at all has no pid. */
function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw toolFault("the anvil binary cannot be run");
  return child.pid;
}

/** Waits for the line that names the bound port: only our own process writes it, so a foreign server on the port cannot pass for ours. */
async function listeningPort(logPath: string, exited: Promise<AnvilExit>, options: AnvilOptions): Promise<number> {
  let gone = false;
  void exited.then(() => {
    gone = true;
  });
  const giveUpAt = performance.now() + startTimeoutMs;
  for (;;) {
    const wasGone = gone;
    const output = await readFile(logPath, "utf8");
    const port = /^Listening on \S+:(\d+)$/m.exec(output)?.[1];
    if (port !== undefined) return Number(port);
    if (wasGone || performance.now() > giveUpAt) throw startFault(output, options);
    await sleep(20);
  }
}

function startFault(output: string, options: AnvilOptions): OffingError {
  const end = output.trim().slice(-600);
  const context = { port: options.port ?? "free", output: end };
  if (/address already in use/i.test(output)) return new OffingError("PORT_TAKEN", { message: "anvil's port is in use", context });
  return new OffingError("DEMO_FAILED", { message: "anvil did not start", context, hint: "Read anvil's output above." });
}

/** Asks the process to end, insists after a while, and waits until it is gone. */
async function end(child: ChildProcess, exited: Promise<AnvilExit>): Promise<void> {
  if (child.pid === undefined) return;
  child.kill("SIGTERM");
  const insist = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  await exited;
  clearTimeout(insist);
}

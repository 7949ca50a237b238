import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { choosePorts } from "./ports.ts";
import { isRunning, type ProcessIdentity } from "./process-identity.ts";
import { type PartName, type Stack, type StartStackOptions, startStack } from "./start.ts";
import { readFailure, readState } from "./state.ts";
import { partStub, scratch } from "./testing/stub.ts";

let home: string;
let directory: string;
let env: NodeJS.ProcessEnv;
let stacks: Stack[];
let told: string[];
const progress = { line: (text: string): void => void told.push(text), begin: () => () => {} };

beforeEach(() => {
  home = scratch("start");
  directory = join(home, "stack");
  stacks = [];
  told = [];
  env = { PATH: join(home, "bin") };
  for (const part of ["collector", "prometheus", "alertmanager", "loki"])
    env[`OFFING_${part.toUpperCase()}_BIN`] = partStub(join(home, part));
});

afterEach(async () => {
  await Promise.all(stacks.map((stack) => stack.stop()));
  rmSync(home, { recursive: true, force: true });
});

test("all parts are ready when the start returns, and gone when the stop returns", async () => {
  const stack = await start();
  for (const part of Object.values(stack.parts))
    expect((await fetch(part.address.replace(/:\d+$/, `:${portOf(part.name)}`))).ok).toBe(true);
  const processes = runningOf(stack);
  expect(processes).toHaveLength(4);
  await stack.stop();
  expect(processes.filter(isRunning)).toEqual([]);
  expect(await stack.exited).toBeNull();
  expect(readState(directory)).toBeNull();
});

test("stopping again, or at the same time, does nothing more", async () => {
  const stack = await start();
  await Promise.all([stack.stop(), stack.stop()]);
  await stack.stop();
  expect(runningOf(stack)).toEqual([]);
});

test("without Tempo the file is told and named, with it its address", async () => {
  const without = await start();
  expect(without.endpoints.tempo).toBeNull();
  expect(told).toContainEqual(expect.stringContaining(`the Collector writes spans to ${without.endpoints.tracesFile} instead`));
  await without.stop();
  const withTempo = await start({ env: { ...env, OFFING_TEMPO_BIN: partStub(join(home, "tempo")) } });
  expect(withTempo.endpoints.tracesFile).toBeNull();
  expect(withTempo.endpoints.tempo).toBe(withTempo.parts.tempo?.address);
});

test("a part that ends by itself takes the others with it and says why", async () => {
  const stack = await start();
  const others = runningOf(stack).filter(({ pid }) => pid !== stack.parts.loki.process?.pid);
  process.kill(stack.parts.loki.process?.pid ?? 0, "SIGKILL");
  const exit = await stack.exited;
  expect(exit).toMatchObject({ part: "loki", code: null, signal: "SIGKILL" });
  expect(exit?.error).toMatchObject({ code: "STACK_FAILED", context: { "last lines": expect.stringContaining("stub started on") } });
  expect(others.filter(isRunning)).toEqual([]);
  expect(readFailure(directory)).toContain("loki stopped by itself with SIGKILL");
  await stack.stop();
  await start();
  expect(readFailure(directory)).toBeNull();
});

test("a part that does not start leaves none of the others and tells the end of its log", async () => {
  misbehave("prometheus", "console.error('bad configuration'); process.exit(3)");
  await expect(start()).rejects.toMatchObject({
    code: "STACK_FAILED",
    message: "prometheus stopped by itself with exit code 3",
    context: { "last lines": expect.stringContaining("bad configuration") },
  });
  expect(readState(directory)).toBeNull();
  rmSync(join(home, "prometheus.misbehave"));
  await start();
});

test("a program that cannot be run is told", async () => {
  writeFileSync(join(home, "loki"), "#!/no/such/interpreter\n");
  await expect(start()).rejects.toMatchObject({ code: "STACK_FAILED", context: { path: join(home, "loki") } });
});

test("an abort ends the start and later the stack", async () => {
  misbehave("loki", "deaf = true");
  const early = new AbortController();
  const starting = start({ signal: early.signal });
  await expect.poll(() => readState(directory)?.parts.filter((part) => part.process !== null).length).toBe(4);
  const processes = (readState(directory)?.parts ?? []).flatMap((part) => part.process ?? []);
  early.abort(new Error("enough"));
  await expect(starting).rejects.toThrow("enough");
  expect(processes.filter(isRunning)).toEqual([]);

  rmSync(join(home, "loki.misbehave"));
  const late = new AbortController();
  const stack = await start({ signal: late.signal });
  late.abort(new Error("enough"));
  expect(await stack.exited).toBeNull();
  expect(runningOf(stack)).toEqual([]);
});

test("one part can be killed and started again on its ports and folder without ending the others", async () => {
  const stack = await start();
  const { collector, prometheus } = stack.parts;
  const before = collector.process;
  await collector.kill("SIGKILL");
  expect(collector.process).toBeNull();
  expect(before !== null && isRunning(before)).toBe(false);
  await collector.start();
  expect(collector.process?.pid).not.toBe(before?.pid);
  expect(readState(directory)?.parts.find((part) => part.name === "collector")?.process).toEqual(collector.process);
  await prometheus.stop();
  await prometheus.stop();
  await prometheus.start();
  expect(runningOf(stack)).toHaveLength(4);
});

test("only one stack runs in a folder", async () => {
  const stack = await start();
  await expect(start()).rejects.toMatchObject({ code: "STACK_FAILED", context: { owner: process.pid } });
  expect(runningOf(stack)).toHaveLength(4);
});

test("a taken port is told before anything is started", async () => {
  const { prometheus: taken } = await choosePorts("free");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(taken, "127.0.0.1", resolve));
  await expect(start({ ports: taken - 3 })).rejects.toMatchObject({ code: "PORT_TAKEN", context: { port: taken, part: "prometheus" } });
  expect(existsSync(join(directory, "prometheus.log"))).toBe(false);
  await new Promise((resolve) => server.close(resolve));
});

test("when the owner is killed its parts end, and the next start works", async () => {
  const owner = await ownerProcess();
  const processes = (readState(directory)?.parts ?? []).flatMap((part) => part.process ?? []);
  expect(processes.filter(isRunning)).toHaveLength(4);
  owner.kill("SIGKILL");
  await expect.poll(() => processes.filter(isRunning), { timeout: 15_000 }).toEqual([]);
  await start();
});

test("what is left where the watchdog was killed too is ended by the next start, and nothing else", async () => {
  const owner = await ownerProcess();
  const state = readState(directory);
  const processes = (state?.parts ?? []).flatMap((part) => part.process ?? []);
  const watchdog = childrenOf(owner).find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("watchdog.sh"));
  process.kill(watchdog ?? 0, "SIGKILL");
  owner.kill("SIGKILL");
  await once(owner, "exit");
  // One entry names a process that has nothing to do with it, as after a number was reused.
  const stranger = spawn("sleep", ["60"]);
  await once(stranger, "spawn");
  const reused = {
    ...state,
    parts: state?.parts.map((part) => (part.name === "loki" ? { ...part, process: { pid: stranger.pid, started: "1@x" } } : part)),
  };
  writeFileSync(join(directory, "state.json"), JSON.stringify(reused));
  const loki = state?.parts.find((part) => part.name === "loki")?.process;

  await start();
  expect(told).toContainEqual(expect.stringContaining("stopped what an earlier run left behind: prometheus, alertmanager, collector"));
  expect(processes.filter(isRunning)).toEqual([loki]);
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  stranger.kill();
  process.kill(loki?.pid ?? 0);
});

async function start(options: Partial<StartStackOptions> = {}): Promise<Stack> {
  const stack = await startStack({ directory, ports: "free", env, progress, ...options });
  stacks.push(stack);
  return stack;
}

/** Another process that starts a stack in the folder and holds it. */
async function ownerProcess(): Promise<ChildProcess> {
  const script = `
    import { startStack } from ${JSON.stringify(fileURLToPath(new URL("./start.ts", import.meta.url)))};
    const stack = await startStack({ directory: ${JSON.stringify(directory)}, ports: "free" });
    process.stdout.write("ready");
    await stack.exited;`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { ...process.env, ...env, PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout ?? child, "data");
  return child;
}

function misbehave(part: PartName, script: string): void {
  writeFileSync(join(home, `${part}.misbehave`), script);
}

function runningOf(stack: Stack): readonly ProcessIdentity[] {
  return Object.values(stack.parts).flatMap((part) => (part.process !== null && isRunning(part.process) ? [part.process] : []));
}

/** The stubs listen on one port only, the one that tells whether they are ready. */
function portOf(name: PartName): string {
  const part = readState(directory)?.parts.find((candidate) => candidate.name === name);
  return new URL(part?.readyUrl ?? "http://none").port;
}

function childrenOf(owner: ChildProcess): readonly number[] {
  return readFileSync(`/proc/${owner.pid}/task/${owner.pid}/children`, "utf8").trim().split(" ").map(Number);
}

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CHAIN_ID, startAnvil } from "./anvil.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("startAnvil", () => {
  it("answers with our chain id and genesis time, mines nothing by itself, and is gone after stop", async () => {
    const anvil = await startAnvil({ timestampSeconds: 1_700_000_000 });
    expect(Number(await anvil.rpc("eth_chainId"))).toBe(CHAIN_ID);
    const genesis = await anvil.rpc("eth_getBlockByNumber", "latest", true);
    expect(genesis).toMatchObject({ number: "0x0", timestamp: `0x${(1_700_000_000).toString(16)}` });
    expect(isAlive(anvil.pid)).toBe(true);
    await Promise.all([anvil.stop(), anvil.stop()]);
    await anvil.stop();
    expect(isAlive(anvil.pid)).toBe(false);
    expect(existsSync(dirname(anvil.logPath))).toBe(false);
    await expect(anvil.exited).resolves.toBeDefined();
  }, 20_000);

  it("reports a port that is in use", async () => {
    const first = await startAnvil();
    await expect(startAnvil({ port: first.port })).rejects.toMatchObject({ code: "PORT_TAKEN", context: { port: first.port } });
    expect(Number(await first.rpc("eth_chainId"))).toBe(CHAIN_ID);
    await first.stop();
  }, 20_000);

  it("keeps the caller's folder with anvil's output", async () => {
    const folder = mkdtempSync(join(tmpdir(), "offing-test-"));
    const anvil = await startAnvil({ folder });
    await anvil.stop();
    expect(existsSync(join(folder, "anvil.log"))).toBe(true);
    rmSync(folder, { recursive: true });
  }, 20_000);

  it("tells when anvil ends by itself", async () => {
    const anvil = await startAnvil();
    process.kill(anvil.pid, "SIGKILL");
    expect(await anvil.exited).toEqual({ code: null, signal: "SIGKILL" });
    await anvil.stop();
  }, 20_000);

  it("reports a binary that is not there", async () => {
    vi.stubEnv("OFFING_ANVIL_BIN", join(tmpdir(), "no-such-anvil"));
    await expect(startAnvil()).rejects.toMatchObject({ code: "TOOL_NOT_FOUND" });
  });

  it("reports a binary that is not anvil with what it printed", async () => {
    vi.stubEnv("OFFING_ANVIL_BIN", process.execPath);
    await expect(startAnvil()).rejects.toMatchObject({ code: "DEMO_FAILED", context: { output: expect.stringContaining("bad option") } });
  });
});

describe("the end of our process", () => {
  it.each(["exit", "SIGTERM", "SIGINT"] as const)(
    "takes anvil along: %s",
    async (way) => {
      const { pid, folder } = await endedProcess(way, "{}");
      await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
      expect(existsSync(folder)).toBe(false);
    },
    20_000,
  );

  it("leaves anvil running when it may outlive us", async () => {
    const folder = mkdtempSync(join(tmpdir(), "offing-test-"));
    const { pid } = await endedProcess("exit", JSON.stringify({ outlive: true, folder }));
    await sleep(200);
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, "SIGTERM");
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
    rmSync(folder, { recursive: true });
  }, 20_000);
});

/** Starts anvil from a process of its own, ends that process in the given way, and returns anvil's pid and folder. */
async function endedProcess(way: "exit" | NodeJS.Signals, options: string): Promise<{ pid: number; folder: string }> {
  const module = new URL("anvil.ts", import.meta.url).href;
  const ending = way === "exit" ? "process.exit(0)" : "setInterval(() => {}, 1000)";
  const script = `const { startAnvil } = await import(${JSON.stringify(module)});
    const anvil = await startAnvil(${options});
    process.stdout.write(anvil.pid + " " + anvil.logPath, () => { ${ending} });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const line = await new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data))));
  if (way !== "exit") child.kill(way);
  await ended;
  const [pid, logPath = ""] = line.split(" ");
  return { pid: Number(pid), folder: dirname(logPath) };
}

/** Tells whether a process runs; one that has ended but was not collected by its parent does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !readFileSync(stat, "utf8").includes(") Z ");
}

import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "./probe.ts";

const run = promisify(execFile);

/** A Docker engine that a test may use. */
export interface Engine {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** True when this test started it: then it is empty, and images may be made under any name. */
  readonly own: boolean;
  readonly docker: (args: readonly string[]) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** The engine that runs here, else one that is started for the test; or why there is neither. */
export async function findEngine(): Promise<Engine | { readonly why: string }> {
  if (!(await works("docker", ["--version"]))) return { why: "there is no docker on this machine" };
  const given = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
  if (await works("docker", ["-H", given, "version"])) return engineAt(given, false, async () => {});
  if (process.getuid?.() !== 0) return { why: "no engine runs, and only root can start one" };
  if (!(await works("dockerd", ["--version"]))) return { why: "no engine runs, and there is no dockerd to start one with" };
  return await startEngine();
}

async function startEngine(): Promise<Engine | { readonly why: string }> {
  const folder = mkdtempSync(join(tmpdir(), "offing-docker-"));
  const host = `unix://${join(folder, "docker.sock")}`;
  const places = ["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec"), "--pidfile", join(folder, "pid")];
  const daemon = spawn("dockerd", [...places, "-H", host, "--storage-driver=vfs"], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => daemon.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    daemon.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(
      "the engine",
      async () => {
        if (daemon.exitCode !== null) throw new Error("dockerd ended");
        return (await works("docker", ["-H", host, "version"])) ? true : null;
      },
      30_000,
    );
  } catch {
    await stop();
    return { why: "dockerd does not start here" };
  }
  return engineAt(host, true, stop);
}

function engineAt(host: string, own: boolean, stop: () => Promise<void>): Engine {
  return { host, own, stop, docker: async (args) => (await run("docker", ["-H", host, ...args], { maxBuffer: 64_000_000 })).stdout };
}

async function works(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(program, args, { timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

/** The shared libraries that a program of this machine needs, by their paths. */
export async function librariesOf(program: string): Promise<readonly string[]> {
  try {
    const { stdout } = await run("ldd", [program]);
    return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path ?? "");
  } catch {
    // A static program needs none.
    return [];
  }
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { identityOf, isRunning, signalProcess } from "./process-identity.ts";

test("a process keeps its identity while it runs and loses it when it ends", async () => {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const identity = identityOf(child.pid ?? 0);
  expect(identity).toEqual(identityOf(child.pid ?? 0));
  expect(identity !== null && isRunning(identity)).toBe(true);
  expect(identity !== null && signalProcess(identity, "SIGTERM")).toBe(true);
  await once(child, "exit");
  expect(identity !== null && isRunning(identity)).toBe(false);
  expect(identity !== null && signalProcess(identity, "SIGTERM")).toBe(false);
});

test("a process that took over the number of another is left alone", async () => {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const former = { pid: child.pid ?? 0, started: "1@another-boot" };
  expect(isRunning(former)).toBe(false);
  expect(signalProcess(former, "SIGKILL")).toBe(false);
  expect(child.exitCode).toBeNull();
  child.kill();
  await once(child, "exit");
  expect(child.signalCode).toBe("SIGTERM");
});

test("a process that has ended but was not reaped does not run", async () => {
  // The shell puts a child into the background, replaces itself by a sleep, and so never waits for it.
  const parent = spawn("sh", ["-c", "sh -c 'exit 0' & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString().trim());
  await expect.poll(() => identityOf(pid)).toBeNull();
  parent.kill();
});

test("there is no identity for a number that nobody has", () => {
  expect(identityOf(0x3fffffff)).toBeNull();
});

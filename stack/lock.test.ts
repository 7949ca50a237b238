import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { lockHolder, tryLock } from "./lock.ts";
import { scratch } from "./testing/stub.ts";

test("a lock is held until it is released, and then free", () => {
  const path = join(scratch("lock"), "a.lock");
  const lock = tryLock(path);
  expect(lock).toHaveProperty("release");
  expect(tryLock(path)).toEqual({ heldBy: expect.objectContaining({ pid: process.pid }) });
  expect(lockHolder(path)?.pid).toBe(process.pid);
  if ("release" in lock) lock.release();
  expect(lockHolder(path)).toBeNull();
  expect(tryLock(path)).toHaveProperty("release");
});

test("releasing twice does not take the lock from the next holder", () => {
  const path = join(scratch("lock"), "a.lock");
  const first = tryLock(path);
  if ("release" in first) first.release();
  tryLock(path);
  if ("release" in first) first.release();
  expect(existsSync(path)).toBe(true);
});

test("a lock whose holder has ended, or that is no lock at all, is taken over", () => {
  for (const content of ['{"pid": 1, "started": "0@another-boot"}', "", "no lock", '{"pid": "x"}']) {
    const directory = scratch("lock");
    writeFileSync(join(directory, "a.lock"), content);
    expect(tryLock(join(directory, "a.lock"))).toHaveProperty("release");
    expect(readdirSync(directory)).toEqual(["a.lock"]);
  }
});

test("of many processes that find a dead holder exactly one gets the lock", async () => {
  const path = join(scratch("lock"), "a.lock");
  writeFileSync(path, '{"pid": 1, "started": "0@another-boot"}');
  const lock = fileURLToPath(new URL("./lock.ts", import.meta.url));
  const script = `
    import { tryLock } from ${JSON.stringify(lock)};
    const got = "release" in tryLock(${JSON.stringify(path)});
    process.stdout.write(got ? "got" : "held");
    process.stdin.resume();`;
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ["--input-type=module-typescript", "-e", script], { stdio: ["pipe", "pipe", "inherit"] }),
  );
  const answers = await Promise.all(children.map(async (child) => String((await once(child.stdout, "data"))[0])));
  for (const child of children) child.kill();
  expect(answers.filter((answer) => answer === "got")).toHaveLength(1);
});

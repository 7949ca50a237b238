import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GivenUp, withinLimit } from "./limit.ts";
import { runPart } from "./part.ts";

let folder: string;
const never = new AbortController().signal;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-part-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function part(name: string, code: string): URL {
  const path = join(folder, name);
  writeFileSync(path, code);
  return pathToFileURL(path);
}

describe("a part of a bench", () => {
  it("that does not end is killed, and what it said last is told", async () => {
    const stuck = part("stuck.mjs", `process.on("SIGTERM", () => {}); console.error("at block 7"); setInterval(() => {}, 1000);`);
    await expect(runPart(stuck, { order: {}, signal: never, limitMs: 1_500 })).rejects.toThrow(/stuck\.mjs.*killed.*at block 7/s);
  });

  it("that ends without reading its order is told of by what it said", async () => {
    const broken = part("broken.mjs", `console.error("no such thing"); process.exit(3);`);
    const order = { padding: "x".repeat(4_000_000) };
    await expect(runPart(broken, { order, signal: never })).rejects.toThrow("broken.mjs ended with 3: no such thing");
  });
});

describe("a limit", () => {
  it("lets through what ends in time", async () => {
    expect(await withinLimit(async () => 7, { signal: never, limitMs: 60_000, graceMs: 60_000 })).toBe(7);
    await expect(withinLimit(() => Promise.reject(new Error("no")), { signal: never, limitMs: 60_000, graceMs: 1 })).rejects.toThrow("no");
  });

  it("aborts what takes longer, lets it clean up, and says that it was too long", async () => {
    let isClean = false;
    const work = (signal: AbortSignal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          isClean = true;
          reject(signal.reason);
        });
      });
    await expect(withinLimit(work, { signal: never, limitMs: 5, graceMs: 60_000 })).rejects.toThrow(GivenUp);
    expect(isClean).toBe(true);
  });

  it("does not wait for what does not heed that either", async () => {
    const interrupt = new AbortController();
    const options = { limitMs: 5, graceMs: 5 };
    await expect(withinLimit(() => new Promise(() => {}), { ...options, signal: never })).rejects.toThrow(GivenUp);
    const interrupted = withinLimit(() => new Promise(() => {}), { ...options, limitMs: 60_000, signal: interrupt.signal });
    interrupt.abort(new Error("interrupted"));
    await expect(interrupted).rejects.toThrow("interrupted");
  });
});

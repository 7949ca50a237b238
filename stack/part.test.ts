import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPart } from "./part.ts";
import { choosePorts } from "./ports.ts";
import { isRunning } from "./process-identity.ts";
import { partStub, scratch } from "./testing/stub.ts";

test("a part that ignores SIGTERM is made to end", async () => {
  const home = scratch("part");
  const path = partStub(join(home, "loki"));
  writeFileSync(`${path}.misbehave`, "process.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => {})");
  const { loki: port } = await choosePorts("free");
  const address = `http://127.0.0.1:${port}`;
  const env = { OFFING_LOKI_PORT: String(port) };
  const tool = { path, version: "9.9.9" };
  const spec = { name: "loki", tool, args: [], env, ports: [port], address, readyUrl: address, logFile: join(home, "loki.log") } as const;
  const told: string[] = [];
  const listener = { onStart: () => told.push("start"), onEnd: () => told.push("end"), onExit: () => told.push("exit") };
  const part = createPart(spec, listener, 300);
  try {
    await part.start();
    const identity = part.process;
    await part.stop();
    expect(identity !== null && isRunning(identity)).toBe(false);
    expect(told).toEqual(["start", "end"]);
  } finally {
    await part.kill("SIGKILL");
    rmSync(home, { recursive: true });
  }
});

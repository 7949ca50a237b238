import { createServer } from "node:net";
import { expect, test } from "vitest";
import { choosePorts, requireFree } from "./ports.ts";

test("the standard ports are those that users of each program expect", async () => {
  expect(await choosePorts("standard", {})).toMatchObject({
    otlpGrpc: 4317,
    otlpHttp: 4318,
    collectorHealth: 13133,
    prometheus: 9090,
    loki: 3100,
    alertmanager: 9093,
  });
});

test("a base takes consecutive ports, from the environment too", async () => {
  const ports = await choosePorts("standard", { OFFING_PORT_BASE: "20000" });
  expect(ports).toEqual(await choosePorts(20_000, {}));
  expect(Object.values(ports)).toEqual(Array.from({ length: Object.keys(ports).length }, (_, index) => 20_000 + index));
});

test.each(["80", "65534", "x", "20000.5", "-1"])("OFFING_PORT_BASE=%s is refused with the range", async (base) => {
  await expect(choosePorts("standard", { OFFING_PORT_BASE: base })).rejects.toMatchObject({ code: "USAGE_INVALID", hint: /1024 to 65\d+/ });
});

test("free ports are free and differ from each other", async () => {
  const ports = Object.values(await choosePorts("free", {}));
  expect(new Set(ports).size).toBe(ports.length);
  for (const port of ports) await requireFree(port, "test");
});

test("a port in use is told with the part that needs it", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await expect(requireFree(port, "loki")).rejects.toMatchObject({ code: "PORT_TAKEN", context: { port, part: "loki" } });
  await new Promise((resolve) => server.close(resolve));
  await requireFree(port, "loki");
});

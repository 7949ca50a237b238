import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { afterEach, expect, test } from "vitest";
import { pinOf } from "../../stack/tool-pins.ts";
import { checkMachine } from "./machine.ts";
import type { DoctorTarget } from "./target.ts";

let server: Server | undefined;
afterEach(() => server?.close());

/** A backend that says which version it is and what time it thinks it is: faults that a real one cannot be given. */
async function backend(told: { readonly version: string; readonly aheadMs?: number }): Promise<DoctorTarget> {
  server = createServer((request, response) => {
    const now = (Date.now() + (told.aheadMs ?? 0)) / 1000;
    if (request.url?.includes("buildinfo")) response.end(JSON.stringify({ status: "success", data: { version: told.version } }));
    else if (request.url?.includes("query")) {
      response.end(JSON.stringify({ status: "success", data: { result: [{ metric: {}, value: [now, String(now)] }] } }));
    } else response.end("ready");
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { native: null, collector: url, prometheus: url, loki: url, tempo: null, tracesFile: null, grafana: null };
}

async function findingsOf(
  target: DoctorTarget,
  more: { readonly address?: string; readonly allowed?: readonly string[]; readonly dataFolder?: string } = {},
) {
  const port = Number(new URL(target.prometheus).port);
  const listeners = [
    { address: more.address ?? "127.0.0.1", port, inode: "1" },
    { address: "0.0.0.0", port: 22, inode: "2" },
  ];
  const findings = await checkMachine({ target, listeners, allowed: more.allowed ?? [], dataFolder: more.dataFolder ?? tmpdir() });
  return { port, of: (check: string) => findings.find((finding) => finding.check === check) };
}

test("a listener beyond loopback is broken unless it was allowed; other programs' are none of our business", async () => {
  const target = await backend({ version: pinOf("prometheus").version });
  expect((await findingsOf(target)).of("listeners")).toMatchObject({ verdict: "ok" });
  const { of, port } = await findingsOf(target, { address: "0.0.0.0" });
  expect(of("listeners")).toMatchObject({ verdict: "broken", mend: expect.stringContaining(`--allow-listen 0.0.0.0:${port}`) });
  const allowed = await findingsOf(target, { address: "0.0.0.0", allowed: [`0.0.0.0:${port}`] });
  expect(allowed.of("listeners")).toMatchObject({ verdict: "ok", detail: expect.stringContaining("as allowed") });
});

test("another version than the pinned one and a clock that is off are named", async () => {
  const { of } = await findingsOf(await backend({ version: "2.1.0", aheadMs: 60_000 }));
  expect(of("versions")).toMatchObject({ verdict: "broken", detail: expect.stringContaining("prometheus 2.1.0 instead of") });
  expect(of("clocks")).toMatchObject({ verdict: "broken", detail: expect.stringMatching(/Prometheus is (59|60)\.\d s ahead/) });
});

test("a disk without room is broken", async () => {
  const target = await backend({ version: "" });
  expect((await findingsOf(target)).of("disk")).toMatchObject({ verdict: "ok" });
  // A file system that holds no bytes has none free.
  const { of } = await findingsOf(target, { dataFolder: "/proc" });
  expect(of("disk")).toMatchObject({ verdict: "broken", mend: expect.stringContaining("--disk-budget") });
});

test("where nothing answers the ports are broken and the clocks cannot be compared", async () => {
  const target = await backend({ version: "" });
  await new Promise((resolve) => server?.close(resolve));
  const { of } = await findingsOf(target);
  expect(of("port of prometheus")).toMatchObject({ verdict: "broken", mend: expect.stringContaining("./offing up") });
  expect(of("clocks")).toMatchObject({ verdict: "absent" });
});

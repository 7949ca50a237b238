import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canaries, canaryEvent, canarySpan } from "#contract/generated/stack.ts";
import { createOtlpClient, type OtlpOptions } from "#core/otlp.ts";
import { encodeLog, encodePoint, encodeSpan, type OtlpPiece, type OtlpSignal } from "#core/otlp-proto.ts";
import { createPart, type Part } from "../stack/part.ts";
import { choosePorts } from "../stack/ports.ts";
import { createProgress } from "../stack/progress.ts";
import { type Certificates, hasOpenssl, makeCertificates, pem } from "../stack/testing/certificates.ts";
import { until } from "../stack/testing/probe.ts";
import { type RemoteBackend, remoteBackend } from "../stack/testing/remote-backend.ts";
import { findTools, type Tool } from "../stack/tools.ts";

const TOKEN = "t0ken-of-the-test";
/** What must never turn up at the backend. */
const SECRETS = ["hunter2", "ops@example.com", "0xprivate", "my-host"];
const ABORT = new AbortController().signal;
const able = hasOpenssl();
if (!able) process.stderr.write("skipped: no openssl on this machine to make certificates with\n");

let folder: string;
let tool: Tool;
let certificates: Certificates;
let backend: RemoteBackend;

beforeAll(async () => {
  if (!able) return;
  folder = mkdtempSync(join(tmpdir(), "offing-remote-"));
  tool = (await findTools(["collector"], { progress: createProgress() })).collector;
  certificates = makeCertificates(folder);
  backend = await remoteBackend({ folder, tool, certificates, token: TOKEN });
  await backend.part.start();
}, 3_600_000);

afterAll(async () => {
  await backend?.part.stop();
  if (able) rmSync(folder, { recursive: true, force: true });
});

/** One item of each signal, each marked and each with something that must stay here. */
function itemsOf(mark: string): Readonly<Record<OtlpSignal, OtlpPiece>> {
  const place = { traceId: Buffer.from(mark.padEnd(16, "-").slice(0, 16)).toString("hex"), spanId: "cd".repeat(8) };
  const hidden = { "evm.tx.from": "0xprivate", "user.email": "ops@example.com" };
  const told = { "offing.stack.canary.id": `${mark} https://rpc.example/v3/hunter2`, ...hidden };
  const { metric } = canaries.add({});
  const exemplar = { ...place, value: 1, atMs: Date.now(), factId: mark };
  return {
    traces: encodeSpan({ ...canarySpan.span({ ...place, startMs: 1, endMs: 2, error: "password=hunter2" }, told) }),
    logs: encodeLog(canaryEvent.log({ ...place, body: `${mark} by ops@example.com` }, told), { writtenAtMs: Date.now(), seq: 1 }),
    metrics: encodePoint({ metric, labels: { wallet: "0xprivate", contract: mark }, startMs: 1, atMs: Date.now(), value: 3, exemplar }),
  };
}

async function sendAll(route: Omit<OtlpOptions, "timeoutMs">, mark: string): Promise<void> {
  const client = createOtlpClient({ timeoutMs: 5_000, ...route });
  const resource = { "service.name": "t", "service.instance.id": "my-host-chain", "host.name": "my-host" };
  for (const [signal, item] of Object.entries(itemsOf(mark)) as [OtlpSignal, OtlpPiece][]) {
    const shown = route.redaction === undefined ? resource : { ...resource, "service.instance.id": "0123456789ab-chain" };
    expect(await client.send({ signal, resource: shown, items: [item], abort: ABORT, patience: "once" })).toMatchObject({
      acknowledged: 1,
    });
  }
}

/** The three signals of one mark as the backend took them. */
async function arrived(mark: string): Promise<string> {
  return await until(`span, line and point of ${mark}`, async () => {
    const lines = backend
      .taken()
      .split("\n")
      .filter((line) => line.includes(mark));
    const kinds = ["resourceSpans", "resourceLogs", "resourceMetrics"].filter((kind) => lines.some((line) => line.includes(kind)));
    return kinds.length === 3 ? lines.join("\n") : null;
  });
}

describe.skipIf(!able)("straight to a managed backend", () => {
  const authorization = { Authorization: `Bearer ${TOKEN}` };

  test.each([
    ["http/protobuf", "none"],
    ["http/protobuf", "gzip"],
    ["grpc", "none"],
    ["grpc", "gzip"],
  ] as const)("%s with compression %s: TLS, token, all three signals, and nothing that must stay here", async (protocol, compression) => {
    const url = `https://${protocol === "grpc" ? backend.grpc : backend.http}`;
    const mark = `${protocol.replace(/\W/, "")}${compression}`.padEnd(16, "x");
    const tls = { ca: pem(certificates.ca) };
    await sendAll({ url, protocol, compression, headers: authorization, tls, redaction: { allow: [] } }, mark);
    const text = await arrived(mark);
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    const point = JSON.parse(text.split("\n").find((line) => line.includes("resourceMetrics")) ?? "{}");
    expect(point.resourceMetrics[0].scopeMetrics[0].metrics[0]).toMatchObject({
      name: "offing.stack.canaries",
      unit: "{canary}",
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [
          { asInt: "3", exemplars: [{ spanId: "cd".repeat(8) }], attributes: [{ key: "contract", value: { stringValue: mark } }] },
        ],
      },
    });
  });

  test("with a certificate of ours where the backend asks for one, and not without", async () => {
    const route = { url: `https://${backend.mutual}`, headers: authorization, compression: "gzip" } as const;
    const ca = pem(certificates.ca);
    await expect(sendAll({ ...route, tls: { ca } }, "without")).rejects.toMatchObject({ code: "COLLECTOR_UNREACHABLE" });
    const tls = { ca, cert: pem(certificates.clientCert), key: pem(certificates.clientKey) };
    await sendAll({ ...route, tls }, "mutualmutualxxxx");
    await arrived("mutualmutualxxxx");
    // It refuses what is not compressed: so whatever the overlay below brings there, it has compressed.
    const plain = createOtlpClient({ timeoutMs: 5_000, ...route, tls, compression: "none" });
    const sent = { signal: "logs", resource: {}, items: [itemsOf("uncompressed-xxx").logs], abort: ABORT, patience: "once" } as const;
    expect(await plain.send(sent)).toMatchObject({ acknowledged: 0, dead: [expect.anything()] });
  });

  test.each(["http/protobuf", "grpc"] as const)("a wrong token over %s waits for a right one and loses nothing", async (protocol) => {
    const url = `https://${protocol === "grpc" ? backend.grpc : backend.http}`;
    const tls = { ca: pem(certificates.ca) };
    const sent = sendAll({ url, protocol, tls, headers: { authorization: "Bearer wrong" } }, "wrongtoken");
    await expect(sent).rejects.toMatchObject({ code: "COLLECTOR_UNREACHABLE", message: expect.stringMatching(/401|status 16/) });
  });

  test("a backend that our authorities do not vouch for gets nothing", async () => {
    const sent = sendAll({ url: `https://${backend.http}`, headers: authorization }, "untrusted");
    await expect(sent).rejects.toMatchObject({ code: "COLLECTOR_UNREACHABLE", message: expect.stringMatching(/CERT|SIGN/) });
    expect(backend.taken()).not.toContain("untrusted");
  });
});

describe.skipIf(!able)("through the Collector with otel-remote.yaml", () => {
  let local: Part;
  let token: string;
  let url: string;

  beforeAll(async () => {
    const ports = await choosePorts("free");
    token = join(folder, "token");
    writeFileSync(token, TOKEN);
    url = `http://127.0.0.1:${ports.otlpHttp}`;
    local = createPart(
      {
        name: "collector",
        tool,
        args: ["--config", file("otel-config.yaml"), "--config", file("otel-remote.yaml")],
        env: {
          OFFING_OTLP_GRPC_ENDPOINT: `127.0.0.1:${ports.otlpGrpc}`,
          OFFING_OTLP_HTTP_ENDPOINT: `127.0.0.1:${ports.otlpHttp}`,
          OFFING_HEALTH_ENDPOINT: `127.0.0.1:${ports.collectorHealth}`,
          OFFING_COLLECTOR_DATA: join(folder, "local"),
          OFFING_REMOTE_ENDPOINT: backend.mutual,
          OFFING_REMOTE_TOKEN_FILE: token,
          OFFING_REMOTE_CA_FILE: certificates.ca,
          OFFING_REMOTE_CERT_FILE: certificates.clientCert,
          OFFING_REMOTE_KEY_FILE: certificates.clientKey,
          OFFING_REMOTE_HEALTH_INTERVAL_MS: "1000",
          OFFING_ALLOWED_KEYS_FILE: file("../contract/generated/allowed-keys.yaml"),
        },
        ports: [ports.otlpGrpc, ports.otlpHttp, ports.collectorHealth],
        address: url,
        readyUrl: `http://127.0.0.1:${ports.collectorHealth}/`,
        logFile: join(folder, "local.log"),
      },
      { onStart: () => {}, onEnd: () => {}, onExit: () => {} },
    );
    await local.start();
  });
  afterAll(async () => await local?.stop());

  async function refused(): Promise<null> {
    await sendAll({ url, headers: {} }, "overlay-refused-");
    return null;
  }

  test("what came while the backend was down outlives a kill, and arrives compressed when it is back", async () => {
    await backend.part.stop();
    await sendAll({ url, headers: {} }, "overlay-queued-x");
    await local.kill("SIGKILL");
    await local.start();
    await backend.part.start();
    await arrived("overlay-queued-x");
  });

  test("a token that is rotated in its file is used without a restart", async () => {
    writeFileSync(token, "an old one");
    await until("a refusal", async () => (readFileSync(join(folder, "local.log"), "utf8").includes("401") ? true : await refused()));
    writeFileSync(token, TOKEN);
    await until("an item after the rotation", async () => {
      await sendAll({ url, headers: {} }, "overlay-rotated-");
      return backend.taken().includes("overlay-rotated-") ? true : null;
    });
  });

  test("the allow-list, the patterns and the host's name hold in the Collector too", async () => {
    const text = await arrived("overlay-queued-x");
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    expect(text).toContain("****");
  });

  test("its own health goes the same way", async () => {
    await until("the Collector's own metrics", async () => (backend.taken().includes("otelcol_exporter_sent") ? true : null));
  });
});

function file(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

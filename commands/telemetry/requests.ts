import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OffingError } from "#core/errors.ts";
import { createOtlpClient, requestOf } from "#core/otlp.ts";
import { requestFrom } from "#core/otlp-decode.ts";
import type { Redaction } from "#core/redact.ts";
import { createPart } from "../../stack/part.ts";
import { choosePorts } from "../../stack/ports.ts";
import { createProgress } from "../../stack/progress.ts";
import { findTools, type Tool } from "../../stack/tools.ts";
import type { Parcel } from "./parcels.ts";

/** An OTLP request in its JSON mapping, as the receiver would read it. */
export interface PreviewedRequest {
  readonly request: Readonly<Record<string, unknown>>;
}

const ROOT = join(import.meta.dirname, "../..");
const ARRIVAL_MS = 15_000;

/** What the emitter itself would post: read back from the very bytes. */
export function requestsStraight(parcels: readonly Parcel[], redaction: Redaction | undefined): readonly PreviewedRequest[] {
  return parcels.map((parcel) => ({ request: requestFrom(`/v1/${parcel.signal}`, requestOf(parcel, redaction)) }));
}

/**
 * What a Collector with otel-remote.yaml would post: a real one gets the parcels, and writes to a file instead of the backend.
 *
 * @throws TOOL_NOT_FOUND, TOOL_BUILD_FAILED, STACK_FAILED
 */
export async function requestsThroughCollector(parcels: readonly Parcel[]): Promise<readonly PreviewedRequest[]> {
  const { collector } = await findTools(["collector"], { progress: createProgress() });
  const folder = mkdtempSync(join(tmpdir(), "offing-preview-"));
  try {
    return await collect(parcels, collector, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function collect(parcels: readonly Parcel[], tool: Tool, folder: string): Promise<readonly PreviewedRequest[]> {
  const file = join(folder, "requests.jsonl");
  const overlay = join(folder, "to-file.yaml");
  writeFileSync(overlay, overlayTo(file));
  const ports = await choosePorts("free");
  const env = {
    ...environment(folder),
    OFFING_OTLP_GRPC_ENDPOINT: `127.0.0.1:${ports.otlpGrpc}`,
    OFFING_OTLP_HTTP_ENDPOINT: `127.0.0.1:${ports.otlpHttp}`,
    OFFING_HEALTH_ENDPOINT: `127.0.0.1:${ports.collectorHealth}`,
  };
  const configs = [join(ROOT, "collector/otel-config.yaml"), join(ROOT, "collector/otel-remote.yaml"), overlay];
  const address = `http://127.0.0.1:${ports.otlpHttp}`;
  const part = createPart(
    {
      name: "collector",
      tool,
      args: configs.flatMap((config) => ["--config", config]),
      env,
      ports: [ports.otlpGrpc, ports.otlpHttp, ports.collectorHealth],
      address,
      readyUrl: `http://127.0.0.1:${ports.collectorHealth}/`,
      logFile: join(folder, "collector.log"),
    },
    { onStart: () => {}, onEnd: () => {}, onExit: () => {} },
  );
  await part.start();
  try {
    const otlp = createOtlpClient({ url: address, headers: {}, timeoutMs: 10_000 });
    for (const parcel of parcels) await otlp.send({ ...parcel, abort: new AbortController().signal, patience: "once" });
    return await arrival(file, parcels.length);
  } finally {
    await part.stop();
  }
}

/** The operator's own variables, such as another allow-list, and stand-ins for those that only an export needs. */
function environment(folder: string): Readonly<Record<string, string>> {
  const own = Object.entries(process.env).filter(([name]) => name.startsWith("OFFING_REMOTE_") || name === "OFFING_ALLOWED_KEYS_FILE");
  return {
    OFFING_ALLOWED_KEYS_FILE: join(ROOT, "contract/generated/allowed-keys.yaml"),
    OFFING_REMOTE_ENDPOINT: "127.0.0.1:9",
    OFFING_REMOTE_TOKEN_FILE: join(folder, "to-file.yaml"),
    ...(Object.fromEntries(own) as Record<string, string>),
    OFFING_COLLECTOR_DATA: folder,
  };
}

function overlayTo(file: string): string {
  const pipelines = ["metrics/prometheus", "logs/loki", "traces/tempo"].map((name) => `    ${name}: { exporters: [file/preview] }`);
  return [
    `exporters: { debug: {}, file/preview: { path: ${file}, rotation: { max_megabytes: 64, max_backups: 1 } } }`,
    "service:",
    "  extensions: [health_check, file_storage]",
    "  telemetry: { metrics: { level: none, readers: [] } }",
    "  pipelines:",
    ...pipelines,
    // Figures of the same spans, made seconds later: what is made of these items themselves is shown.
    "    metrics/span_metrics: { exporters: [debug] }",
    "",
  ].join("\n");
}

async function arrival(file: string, count: number): Promise<readonly PreviewedRequest[]> {
  for (let waitedMs = 0; waitedMs < ARRIVAL_MS; waitedMs += 100) {
    const lines = linesOf(file);
    if (lines.length >= count) return lines.map((line) => ({ request: JSON.parse(line) as Record<string, unknown> }));
    await sleep(100);
  }
  throw new OffingError("STACK_FAILED", { message: "the Collector took the items and wrote none", context: { file } });
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.endsWith("}"));
  } catch {
    return [];
  }
}

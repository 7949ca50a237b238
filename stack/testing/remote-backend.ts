import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPart, type Part } from "../part.ts";
import { choosePorts } from "../ports.ts";
import type { Tool } from "../tools.ts";
import type { Certificates } from "./certificates.ts";

/** A managed backend as a customer sees it: a second Collector with TLS and a token, which writes what it takes to a file. */
export interface RemoteBackend {
  readonly part: Part;
  /** Host and port by what each asks for. */
  readonly http: string;
  readonly grpc: string;
  /** Asks for a certificate of ours too, and takes nothing that is not compressed by gzip. */
  readonly mutual: string;
  /** Everything taken so far, as text. */
  readonly taken: () => string;
}

/** Puts a backend together; `part.start()` starts it. */
export async function remoteBackend(options: {
  readonly folder: string;
  readonly tool: Tool;
  readonly certificates: Certificates;
  readonly token: string;
}): Promise<RemoteBackend> {
  const { folder, tool, certificates, token } = options;
  const ports = await choosePorts("free");
  const [http, grpc, mutual] = [ports.otlpHttp, ports.otlpGrpc, ports.prometheus].map((port) => `127.0.0.1:${port}`) as [
    string,
    string,
    string,
  ];
  const file = join(folder, "taken.jsonl");
  const tls = `cert_file: ${certificates.serverCert}, key_file: ${certificates.serverKey}`;
  const auth = "auth: { authenticator: bearertokenauth }";
  const config = join(folder, "backend.yaml");
  writeFileSync(
    config,
    `extensions:
  bearertokenauth: { token: ${token} }
  health_check: { endpoint: "127.0.0.1:${ports.collectorHealth}" }
receivers:
  otlp:
    protocols:
      http: { endpoint: "${http}", tls: { ${tls} }, ${auth} }
      grpc: { endpoint: "${grpc}", tls: { ${tls} }, ${auth} }
  otlp/mutual:
    protocols:
      http: { endpoint: "${mutual}", tls: { ${tls}, client_ca_file: ${certificates.ca} }, ${auth}, compression_algorithms: [gzip] }
exporters:
  file: { path: ${file}, rotation: { max_megabytes: 64, max_backups: 1 } }
service:
  extensions: [bearertokenauth, health_check]
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp, otlp/mutual], exporters: [file] }
    logs: { receivers: [otlp, otlp/mutual], exporters: [file] }
    metrics: { receivers: [otlp, otlp/mutual], exporters: [file] }
`,
  );
  const part = createPart(
    {
      name: "collector",
      tool,
      args: ["--config", config],
      env: {},
      ports: [ports.otlpHttp, ports.otlpGrpc, ports.prometheus, ports.collectorHealth],
      address: `https://${http}`,
      readyUrl: `http://127.0.0.1:${ports.collectorHealth}/`,
      logFile: join(folder, "backend.log"),
    },
    { onStart: () => {}, onEnd: () => {}, onExit: () => {} },
  );
  return { part, http, grpc, mutual, taken: () => readOrEmpty(file) };
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

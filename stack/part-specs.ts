import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { budgetSettings, type DiskBudget } from "./disk-budget.ts";
import { LAUNCH } from "./launch.ts";
import { lokiLimitsFile } from "./loki-share.ts";
import type { StackPorts } from "./ports.ts";
import type { Tool } from "./tools.ts";

/** The programs of the stack that run for long. */
export type PartName = "collector" | "prometheus" | "alertmanager" | "loki" | "tempo" | "alerts";

/** Everything needed to run one part. */
export interface PartSpec {
  readonly name: PartName;
  readonly tool: Pick<Tool, "path" | "version">;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Every port that it listens on. */
  readonly ports: readonly number[];
  /** Where its users reach it. */
  readonly address: string;
  /** Answers 200 once the part can be used. */
  readonly readyUrl: string;
  readonly logFile: string;
}

/** What the specs are made from. */
export interface SpecOptions {
  /** Absolute; data and logs of all parts go below it. */
  readonly directory: string;
  readonly ports: StackPorts;
  readonly tools: Readonly<Record<"collector" | "prometheus" | "alertmanager" | "loki", Tool>>;
  /** Null where there is no Tempo: spans go to a file. */
  readonly tempo: Tool | null;
  /** The files that are fitted to these ports. */
  readonly configs: { readonly prometheus: string; readonly alertmanager: string };
  /** The configuration of the alert history, an emitter of ours beside Alertmanager; left out, nobody keeps one. */
  readonly alertHistory?: string;
  /** What each part may take on the disk. */
  readonly diskBudget?: DiskBudget;
  /** How often the Collector tells of itself; Prometheus repeats its alerts every six times as long. */
  readonly reportMs?: number;
}

/** The ports that each part listens on. */
export const PART_PORTS: Readonly<Record<PartName, readonly (keyof StackPorts)[]>> = {
  collector: ["otlpGrpc", "otlpHttp", "collectorHealth"],
  prometheus: ["prometheus"],
  alertmanager: ["alertmanager"],
  loki: ["loki", "lokiGrpc"],
  tempo: ["tempo", "tempoGrpc", "tempoOtlp", "tempoGossip"],
  alerts: ["alertHistory"],
};

/** The names of the parts that a record has, in its order. */
export function partNames(record: Readonly<Partial<Record<PartName, unknown>>>): readonly PartName[] {
  return Object.keys(record) as PartName[];
}

/** Where the Collector writes spans when there is no Tempo: OTLP JSON, one request a line. */
export function tracesFileOf(directory: string): string {
  return join(directory, "collector", "traces.jsonl");
}

/** The parts to run, the Collector last. */
export function partSpecs(options: SpecOptions): readonly PartSpec[] {
  const backends = [prometheusSpec(options), alertmanagerSpec(options), lokiSpec(options)];
  if (options.tempo !== null) backends.push(tempoSpec(options, options.tempo));
  if (options.alertHistory !== undefined) backends.push(alertsSpec(options, options.alertHistory));
  return [...backends, collectorSpec(options)];
}

function collectorSpec({ directory, ports, tools, tempo, diskBudget, reportMs }: SpecOptions): PartSpec {
  const overlay = tempo === null ? ["--config", repository("collector/traces-to-file.yaml")] : [];
  return {
    name: "collector",
    tool: tools.collector,
    args: ["--config", repository("collector/otel-config.yaml"), ...overlay],
    env: {
      OFFING_OTLP_GRPC_ENDPOINT: local(ports.otlpGrpc),
      OFFING_OTLP_HTTP_ENDPOINT: local(ports.otlpHttp),
      OFFING_HEALTH_ENDPOINT: local(ports.collectorHealth),
      OFFING_PROMETHEUS_URL: `http://${local(ports.prometheus)}`,
      OFFING_LOKI_URL: `http://${local(ports.loki)}`,
      OFFING_TEMPO_OTLP_URL: `http://${local(ports.tempoOtlp)}`,
      OFFING_COLLECTOR_DATA: join(directory, "collector"),
      OFFING_TRACES_FILE: tracesFileOf(directory),
      // Below the memory limiter's limit, so that the collector of garbage works before telemetry is refused.
      GOMEMLIMIT: "400MiB",
      ...(reportMs !== undefined && { OFFING_COLLECTOR_REPORT_MS: String(reportMs) }),
      ...(diskBudget === undefined ? {} : budgetSettings(diskBudget).collector),
    },
    ports: PART_PORTS.collector.map((name) => ports[name]),
    address: `http://${local(ports.otlpHttp)}`,
    readyUrl: `http://${local(ports.collectorHealth)}/`,
    logFile: join(directory, "collector.log"),
  };
}

function prometheusSpec({ directory, ports, tools, tempo, configs, diskBudget, reportMs }: SpecOptions): PartSpec {
  return {
    name: "prometheus",
    tool: tools.prometheus,
    args: [
      `--config.file=${configs.prometheus}`,
      `--storage.tsdb.path=${join(directory, "prometheus")}`,
      "--storage.tsdb.retention.time=30d",
      ...(diskBudget === undefined ? [] : budgetSettings(diskBudget).prometheus),
      `--web.listen-address=${local(ports.prometheus)}`,
      // Else links in notifications hold the machine's name.
      `--web.external-url=http://${local(ports.prometheus)}`,
      "--web.enable-otlp-receiver",
      // For the figures that Tempo makes of spans.
      ...(tempo === null ? [] : ["--web.enable-remote-write-receiver"]),
      "--enable-feature=exemplar-storage",
      // Alertmanager takes an alert for over when it has not heard of it for four times as long.
      ...(reportMs === undefined ? [] : [`--rules.alert.resend-delay=${6 * reportMs}ms`]),
      "--log.level=warn",
    ],
    env: {},
    ports: PART_PORTS.prometheus.map((name) => ports[name]),
    address: `http://${local(ports.prometheus)}`,
    readyUrl: `http://${local(ports.prometheus)}/-/ready`,
    logFile: join(directory, "prometheus.log"),
  };
}

function alertmanagerSpec({ directory, ports, tools, configs }: SpecOptions): PartSpec {
  return {
    name: "alertmanager",
    tool: tools.alertmanager,
    args: [
      `--config.file=${configs.alertmanager}`,
      `--storage.path=${join(directory, "alertmanager")}`,
      "--data.retention=120h",
      `--web.listen-address=${local(ports.alertmanager)}`,
      `--web.external-url=http://${local(ports.alertmanager)}`,
      // One instance has nobody to gossip with; without this it would listen on every address.
      "--cluster.listen-address=",
      "--log.level=warn",
    ],
    env: {},
    ports: PART_PORTS.alertmanager.map((name) => ports[name]),
    address: `http://${local(ports.alertmanager)}`,
    readyUrl: `http://${local(ports.alertmanager)}/-/ready`,
    logFile: join(directory, "alertmanager.log"),
  };
}

function lokiSpec({ directory, ports, tools, diskBudget }: SpecOptions): PartSpec {
  return {
    name: "loki",
    tool: tools.loki,
    args: [
      `-config.file=${repository("observability/loki/loki.yaml")}`,
      "-config.expand-env=true",
      ...(diskBudget === undefined ? [] : [`-runtime-config.file=${lokiLimitsFile(directory)}`]),
    ],
    env: {
      OFFING_LOKI_PORT: String(ports.loki),
      OFFING_LOKI_GRPC_PORT: String(ports.lokiGrpc),
      OFFING_LOKI_DATA: join(directory, "loki"),
    },
    ports: PART_PORTS.loki.map((name) => ports[name]),
    address: `http://${local(ports.loki)}`,
    readyUrl: `http://${local(ports.loki)}/ready`,
    logFile: join(directory, "loki.log"),
  };
}

function tempoSpec({ directory, ports }: SpecOptions, tool: Tool): PartSpec {
  return {
    name: "tempo",
    tool,
    args: [`-config.file=${repository("observability/tempo/tempo.yaml")}`, "-config.expand-env=true"],
    env: {
      OFFING_TEMPO_PORT: String(ports.tempo),
      OFFING_TEMPO_GRPC_PORT: String(ports.tempoGrpc),
      OFFING_TEMPO_OTLP_PORT: String(ports.tempoOtlp),
      OFFING_TEMPO_GOSSIP_PORT: String(ports.tempoGossip),
      OFFING_TEMPO_DATA: join(directory, "tempo"),
      OFFING_PROMETHEUS_URL: `http://${local(ports.prometheus)}`,
    },
    ports: PART_PORTS.tempo.map((name) => ports[name]),
    address: `http://${local(ports.tempo)}`,
    readyUrl: `http://${local(ports.tempo)}/ready`,
    logFile: join(directory, "tempo.log"),
  };
}

function alertsSpec({ directory, ports }: SpecOptions, config: string): PartSpec {
  const { version } = JSON.parse(readFileSync(repository("package.json"), "utf8")) as { readonly version: string };
  return {
    name: "alerts",
    tool: { path: process.execPath, version },
    args: [...LAUNCH.flags, repository("cli.ts"), "run", "alerts", "--config", config],
    env: LAUNCH.env,
    ports: PART_PORTS.alerts.map((name) => ports[name]),
    address: `http://${local(ports.alertHistory)}`,
    readyUrl: `http://${local(ports.alertHistory)}/healthz`,
    logFile: join(directory, "alerts.log"),
  };
}

function local(port: number): string {
  return `127.0.0.1:${port}`;
}

function repository(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

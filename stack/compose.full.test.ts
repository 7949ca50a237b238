import { execFile, execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DoctorReport } from "../commands/doctor/report.ts";
import { choosePorts, type StackPorts } from "./ports.ts";
import { createProgress } from "./progress.ts";
import { type Engine, findEngine } from "./testing/engine.ts";
import { type LocalImage, makeImage } from "./testing/images.ts";
import { sampleOf, streamsOf, until } from "./testing/probe.ts";
import { findTools } from "./tools.ts";

const ROOT = join(import.meta.dirname, "..");
const PROJECT = `offing-test-${process.pid}`;
const PARTS = ["collector", "prometheus", "alertmanager", "loki", "offing-alerts"];
const run = promisify(execFile);
const found = await findEngine();
if ("why" in found) process.stderr.write(`skipped: compose.local.yaml was not run: ${found.why}\n`);

let engine: Engine;
let compose: string;
let folder: string;
let ports: StackPorts;

/** An engine of our own has no way to a registry: its images are made here, and Tempo and Grafana cannot be. */
async function makeImages(): Promise<void> {
  const tools = await findTools(["collector", "prometheus", "promtool", "alertmanager", "amtool", "loki"], { progress: createProgress() });
  const chown = existsSync("/bin/chown") ? "/bin/chown" : "/usr/bin/chown";
  const images = [
    { name: "otel/opentelemetry-collector-contrib:0.155.0", programs: { "/otelcol-contrib": tools.collector.path }, folders: {} },
    {
      name: "prom/prometheus:v3.15.0",
      programs: { "/bin/prometheus": tools.prometheus.path, "/bin/promtool": tools.promtool.path, "/bin/chown": chown },
      folders: { "/prometheus": 65534 },
    },
    {
      name: "prom/alertmanager:v0.34.2",
      programs: { "/bin/alertmanager": tools.alertmanager.path, "/bin/amtool": tools.amtool.path },
      folders: { "/alertmanager": 65534 },
    },
    { name: "grafana/loki:3.7.8", programs: { "/usr/bin/loki": tools.loki.path }, folders: { "/loki": 10001 } },
  ];
  for (const image of images) await makeImage(engine, image);
  await makeImage(engine, emitterImage());
  process.stderr.write("Tempo's and Grafana's images cannot be had on this machine: both are left out, and spans go to a file\n");
}

/** The emitters' image as the Dockerfile lays it out: what it copies, the production packages, and Node. */
function emitterImage(): LocalImage {
  const copied = [...readFileSync(join(ROOT, "Dockerfile"), "utf8").matchAll(/^COPY (?!--from)(\S+) \.\//gm)].map(([, path = ""]) => path);
  const listed = execFileSync("npm", ["ls", "--omit=dev", "--all", "--parseable"], { cwd: ROOT, encoding: "utf8" });
  const packages = listed
    .trim()
    .split("\n")
    .map((path) => relative(ROOT, path))
    .filter((path) => path !== "");
  return {
    name: "offing:0.1.0",
    programs: { "/usr/bin/node": process.execPath },
    folders: { "/var/lib/offing": 1000 },
    copies: Object.fromEntries(["package.json", ...copied, ...packages].map((path) => [`/offing/${path}`, join(ROOT, path)])),
    entry: { folder: "/offing", args: ["emitter.ts"] },
  };
}

/** Other ports, so that a stack that runs here stays alone; and what cannot be had left out. */
function override(): string {
  const port = (host: number, inside: number): string => `"127.0.0.1:${host}:${inside}"`;
  return `services:
  collector:
    ports: !override [${port(ports.otlpGrpc, 4317)}, ${port(ports.otlpHttp, 4318)}, ${port(ports.collectorHealth, 13133)}]
    ${engine.own ? "command: [--config, /etc/offing/collector/otel-config.yaml, --config, /etc/offing/collector/traces-to-file.yaml]" : ""}
  prometheus: { ports: !override [${port(ports.prometheus, 9090)}] }
  alertmanager:
    ports: !override [${port(ports.alertmanager, 9093)}]
    volumes: ["${join(folder, "secrets")}:/etc/alertmanager/secrets:ro"]
  loki: { ports: !override [${port(ports.loki, 3100)}] }
  tempo: { ports: !override [${port(ports.tempo, 3200)}]${engine.own ? ", profiles: [left-out]" : ""} }
  grafana: { ports: !override [${port(ports.lokiGrpc, 3000)}]${engine.own ? ", profiles: [left-out]" : ""} }
secrets:
  history-token: { file: ${join(folder, "secrets", "history-token")} }
  grafana-admin-password: { file: ${join(folder, "password")} }
  grafana-secret-key: { file: ${join(folder, "password")} }
`;
}

async function composed(...args: readonly string[]): Promise<string> {
  const files = ["-f", join(ROOT, "compose.local.yaml"), "-f", join(folder, "override.yaml")];
  const env = { ...process.env, DOCKER_HOST: engine.host };
  const all = ["--project-name", PROJECT, "--project-directory", ROOT, ...files, ...args];
  return (await run(compose, all, { env, maxBuffer: 64_000_000 })).stdout;
}

interface Inspected {
  readonly Name: string;
  readonly Config: { readonly User: string };
  readonly State: { readonly Status: string; readonly Health?: { readonly Status: string } };
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

async function inspect(service: string): Promise<Inspected> {
  const id = (await composed("ps", "--all", "--quiet", service)).trim();
  return (JSON.parse(await engine.docker(["inspect", id])) as [Inspected])[0];
}

describe.skipIf("why" in found)("the stack with Docker", () => {
  beforeAll(async () => {
    if ("why" in found) return;
    engine = found;
    folder = mkdtempSync(join(tmpdir(), "offing-compose-"));
    ports = await choosePorts("free");
    compose = (await findTools(["compose"], { progress: createProgress() })).compose.path;
    writeFileSync(join(folder, "password"), "s3cret-of-the-test\n");
    mkdirSync(join(folder, "secrets"));
    writeFileSync(join(folder, "secrets", "history-token"), "t0ken-of-the-test\n");
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "override.yaml"), override());
    if (engine.own) await makeImages();
    await composed("up", "--detach", ...(engine.own ? ["--pull", "never"] : []));
  }, 3_600_000);

  afterAll(async () => {
    if ("why" in found) return;
    if (folder !== undefined) await composed("down", "--volumes", "--timeout", "10").catch(() => "");
    await found.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }, 120_000);

  test("every part that can say so gets well", async () => {
    for (const part of ["prometheus", "alertmanager", "loki", "offing-alerts"]) {
      await until(`${part} to be well`, async () => ((await inspect(part)).State.Health?.Status === "healthy" ? true : null), 120_000);
    }
    expect((await inspect("collector")).State.Status).toBe("running");
  });

  test("the engine gives each no more than the file says", async () => {
    for (const part of PARTS) {
      const { Config, HostConfig } = await inspect(part);
      expect(Config.User).not.toMatch(/^(0|root)?(:|$)/);
      expect(HostConfig).toMatchObject({
        ReadonlyRootfs: true,
        Privileged: false,
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges:true"],
        LogConfig: { Config: { "max-size": "10m", "max-file": "3" } },
      });
      expect(HostConfig["Memory"]).toBeGreaterThan(0);
      expect(HostConfig["NanoCpus"]).toBeGreaterThan(0);
      expect(HostConfig["PidsLimit"]).toBeGreaterThan(0);
      const bindings = Object.values(HostConfig["PortBindings"] as Record<string, { HostIp: string }[]>).flat();
      expect(bindings.map(({ HostIp }) => HostIp).filter((ip) => ip !== "127.0.0.1")).toEqual([]);
    }
  });

  test("doctor's canary comes through every hop, and nothing listens beyond loopback", async () => {
    const at = (port: number): string => `http://127.0.0.1:${port}`;
    const addresses = ["--collector", at(ports.otlpHttp), "--prometheus", at(ports.prometheus), "--loki", at(ports.loki)];
    const more = engine.own
      ? []
      : ["--tempo", at(ports.tempo), "--grafana", at(ports.lokiGrpc), "--grafana-password-file", join(folder, "password")];
    const args = [join(ROOT, "cli.ts"), "doctor", "--json", "--stack", join(folder, "none"), ...addresses, ...more];
    const { stdout } = await run(process.execPath, args).catch((failed: { stdout: string }) => failed);
    const report = JSON.parse(stdout) as DoctorReport;
    expect([...report.machine, ...report.hops].filter(({ verdict }) => verdict === "broken")).toEqual([]);
    expect(report.hops.filter(({ verdict }) => verdict === "ok").map(({ check }) => check)).toEqual(
      expect.arrayContaining(["accepted by the Collector", "series in Prometheus", "exemplar in Prometheus", "line in Loki by trace_id"]),
    );
  });

  test("the history gets what Alertmanager reports, with its token, and nobody else is answered", async () => {
    const at = (port: number): string => `http://127.0.0.1:${port}`;
    const alert = { labels: { alertname: "DemoDocker", severity: "warning", domain: "chain" }, annotations: { summary: "A test." } };
    const beganMs = Date.now();
    const told = await fetch(`${at(ports.alertmanager)}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([alert]),
    });
    expect(told.ok).toBe(true);
    const query = '{service_name="offing-alerts"} | event_name="offing.alert.transition" | offing_alert_name="DemoDocker"';
    const evidence = async (): Promise<string | null> => {
      const [found] = await streamsOf(at(ports.loki), query, Date.now() - 600_000);
      return found?.stream["offing_alert_evidence"] ?? null;
    };
    expect(["reported", "polled"]).toContain(await until("the transition in Loki", evidence, 120_000));
    const report = async (): Promise<true | null> =>
      ((await sampleOf(at(ports.prometheus), "max(offing_alerts_reported_timestamp_seconds)")) ?? 0) * 1000 >= beganMs ? true : null;
    await until("a report that the history took", report, 120_000);
    const id = (await composed("ps", "--quiet", "offing-alerts")).trim();
    const asked = 'fetch("http://127.0.0.1:9475/state").then(({ status }) => console.log(status))';
    expect((await engine.docker(["exec", id, "node", "-e", asked])).trim()).toBe("401");
  });

  test("data outlives the containers", async () => {
    const series = async (): Promise<number> => {
      const answer = await fetch(
        `http://127.0.0.1:${ports.prometheus}/api/v1/query?query=count(last_over_time(offing_stack_canaries_total[1h]))`,
      );
      const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
      return Number(data.result[0]?.value[1] ?? 0);
    };
    expect(await series()).toBeGreaterThan(0);
    await composed("down", "--timeout", "10");
    await composed("up", "--detach", "--pull", "never");
    await until("the series again", async () => ((await series()) > 0 ? true : null), 120_000);
  });
});

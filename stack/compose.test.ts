import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { composeFaults } from "./compose-rules.ts";
import { partSpecs } from "./part-specs.ts";
import { PINS } from "./tool-pins.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const TEXT = read("compose.local.yaml");
const CONFIGURATIONS = {
  collector: read("collector/otel-config.yaml"),
  loki: read("observability/loki/loki.yaml"),
  tempo: read("observability/tempo/tempo.yaml"),
};
const compose = parse(TEXT, { merge: true }) as {
  services: Record<string, { image: string; command?: string[]; volumes?: string[]; environment?: Record<string, string> }>;
};

test("every service keeps every rule", () => {
  expect(composeFaults(TEXT, CONFIGURATIONS)).toEqual([]);
});

describe("a planted fault is found:", () => {
  test.each([
    ["root", 'user: "10001:10001"', 'user: "0"', "collector: user"],
    ["a writable root", "  read_only: true\n", "  read_only: false\n", "loki: read_only"],
    ["capabilities", "cap_drop: [ALL]", "cap_drop: []", "grafana: cap_drop"],
    ["new privileges", '"no-new-privileges:true"', '"label:disable"', "prometheus: security_opt"],
    ["a port beyond loopback", '"127.0.0.1:9090:9090"', '"9090:9090"', "prometheus: ports"],
    ["the host's network", "    mem_limit: 128m\n", "    mem_limit: 128m\n    network_mode: host\n", "alertmanager: privileged"],
    ["no limit of memory", "    mem_limit: 640m\n", "", "collector: mem_limit"],
    ["no limit of cpu", "    cpus: 0.5\n    pids_limit: 64\n", "    pids_limit: 64\n", "alertmanager: cpus"],
    ["no limit of processes", "    pids_limit: 128\n", "", "collector: pids_limit"],
    ["a log without end", "max-size: 10m, ", "", "tempo: logging"],
    ["an image without a version", "grafana/loki:3.7.8", "grafana/loki:latest", "loki: image"],
    ["a probe taken away", "test: [CMD, /usr/bin/loki, -health", "x-test: [CMD, /usr/bin/loki, -health", "loki: health"],
    [
      "a secret in the environment",
      "POSTGRES_PASSWORD_FILE: /run/secrets/postgres-password",
      "POSTGRES_PASSWORD: hunter2",
      "postgres: secrets",
    ],
    ["the engine's socket", '"loki:/loki"]', '"/var/run/docker.sock:/s"]', "loki: volumes"],
    ["data without end", "--storage.tsdb.retention.size=", "--storage.tsdb.retention.none=", "prometheus: retention"],
  ])("%s", (_, good, bad, fault) => {
    expect(TEXT).toContain(good);
    expect(composeFaults(TEXT.replace(good, bad), CONFIGURATIONS).join("\n")).toContain(fault);
  });
});

test("every mounted file and folder of this repository is there", () => {
  const mounted = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes.filter((volume) => volume.startsWith("./")));
  const own = mounted.map((volume) => volume.split(":")[0] ?? "").filter((path) => !/^\.\/(secrets|offing\.yaml)/.test(path));
  expect(own.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  expect(mounted.filter((volume) => !volume.endsWith(":ro"))).toEqual([]);
});

test("the images have the versions of the native tools", () => {
  const versions = PINS.filter(({ name }) => name !== "compose").map(({ name, version }) => [
    name,
    compose.services[name]?.image.split(":")[1]?.replace(/^v/, ""),
    version,
  ]);
  for (const [name, image, pinned] of versions) expect([name, image]).toEqual([name, pinned]);
});

test("the programs get the same flags and variables as natively, but for places", () => {
  const tool = { name: "collector", path: "/bin/true", version: "1", origin: "cache" } as const;
  const ports = new Proxy({}, { get: () => 1 }) as never;
  const configs = { prometheus: "p", alertmanager: "a" };
  const tools = { collector: tool, prometheus: tool, loki: tool, alertmanager: tool };
  for (const spec of partSpecs({ directory: "/d", ports, tools, tempo: tool, configs } as never)) {
    const { command = [], environment = {} } = compose.services[spec.name] ?? {};
    const name = (flag: string): string => flag.replace(/[= ].*$/, "").replace(/^\/.*/, "PATH");
    const extra = ["--storage.tsdb.retention.size"];
    expect([
      spec.name,
      command
        .map(name)
        .filter((flag) => !extra.includes(flag))
        .sort(),
    ]).toEqual([spec.name, spec.args.map(name).sort()]);
    const places = /PORT|ADDRESS|INSTANCE/;
    const known = Object.keys(spec.env).filter((key) => !places.test(key));
    expect([
      spec.name,
      Object.keys(environment)
        .filter((key) => !places.test(key))
        .sort(),
    ]).toEqual([spec.name, known.sort()]);
  }
});

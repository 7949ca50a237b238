import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "offing-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const settingsOf = (name: string, text: string, environment = {}) => readSettings({ file: fileOf(name, text) }, environment);
const faultsOf = (name: string, text: string): string => {
  try {
    settingsOf(name, text);
  } catch (error) {
    return (error as Error).message.replaceAll(`${folder}/`, "");
  }
  return "";
};

const SEED = `[node]
port = 8900

[telemetry]

[telemetry.traces]
enabled = true
otlp_endpoint = "http://127.0.0.1:4317"
service_name = "rust-dkg-engine"

[telemetry.metrics]
enabled = true
bind_address = "127.0.0.1:9464"
`;

test("the seed's own configuration is read to the letter", () => {
  const { traces, metrics, logs, resource } = settingsOf("seed.toml", SEED);
  expect(traces?.url).toBe("http://127.0.0.1:4318");
  expect(metrics).toEqual({ push: undefined, scrape: { host: "127.0.0.1", port: 9464 } });
  expect(logs).toBeUndefined();
  expect(resource["service.name"]).toBe("rust-dkg-engine");
});

test("TOML and YAML say the same", () => {
  const yaml = `node: { port: 8900 }
telemetry:
  traces: { enabled: true, otlp_endpoint: "http://127.0.0.1:4317", service_name: rust-dkg-engine }
  metrics:
    enabled: true
    bind_address: 127.0.0.1:9464
`;
  expect(settingsOf("same.yaml", yaml)).toEqual(settingsOf("same.toml", SEED));
});

test("everything is off by default, and each signal is on by itself", () => {
  const all = (text: string) => {
    const { traces, metrics, logs } = settingsOf("some.toml", text);
    return [traces, metrics, logs].map((one) => one !== undefined);
  };
  expect(all("")).toEqual([false, false, false]);
  expect(all("[node]\na = 1")).toEqual([false, false, false]);
  expect(all("[telemetry.traces]\notlp_endpoint = 'http://10.0.0.1:4317'")).toEqual([false, false, false]);
  expect(all("[telemetry.traces]\nenabled = true")).toEqual([true, false, false]);
  expect(all("[telemetry.metrics]\nenabled = true")).toEqual([false, true, false]);
  expect(all("telemetry = { logs = { enabled = true } }")).toEqual([false, false, true]);
});

test("metrics are pushed, served, or both", () => {
  const metrics = (rest: string, environment = {}) =>
    settingsOf("m.toml", `[telemetry.metrics]\nenabled = true\n${rest}`, environment).metrics;
  expect(metrics("")?.push?.url).toBe("http://127.0.0.1:4317");
  expect(metrics("otlp_endpoint = 'http://127.0.0.1:4318'")?.push?.url).toBe("http://127.0.0.1:4317");
  expect(metrics("bind_address = '127.0.0.1:1'")?.push).toBeUndefined();
  const both = metrics("bind_address = '[::1]:1'\notlp_endpoint = 'http://collector:9000'");
  expect(both).toMatchObject({ push: { url: "http://collector:9000" }, scrape: { host: "::1", port: 1 } });
});

describe("legacy flat keys are refused with the nested key, file, line and column", () => {
  test("in TOML", () => {
    const text =
      '# before\n[telemetry]\n  enabled = true\notlp_endpoint = "http://x:4317"\nservice_name = "node"\n\n[telemetry.traces]\nenabled = true\n';
    expect(faultsOf("flat.toml", text).split("\n")).toEqual([
      "flat.toml has 3 faults",
      "  flat.toml:3:3 telemetry.enabled: is no longer read here; write telemetry.traces.enabled and telemetry.metrics.enabled",
      "  flat.toml:4:1 telemetry.otlp_endpoint: is no longer read here; write telemetry.traces.otlp_endpoint",
      "  flat.toml:5:1 telemetry.service_name: is no longer read here; write telemetry.traces.service_name",
    ]);
  });

  test("in YAML", () => {
    expect(faultsOf("flat.yaml", "telemetry:\n  enabled: true\n  traces:\n    enabled: true\n")).toContain(
      "flat.yaml:2:3 telemetry.enabled: ",
    );
  });

  test("in dotted and inline TOML", () => {
    expect(faultsOf("dotted.toml", 'a = """\n[telemetry]\n"""\ntelemetry . enabled = true\n')).toContain(
      "dotted.toml:4:13 telemetry.enabled: ",
    );
    expect(faultsOf("inline.toml", "telemetry = { traces = { enabled = true }, enabled = true }\n")).toContain("inline.toml:1:44 ");
  });
});

test.each([
  ["an unknown key", "[telemetry.traces]\nenable = true", "x.toml:2:1 telemetry.traces.enable: is not known; did you mean `enabled`?"],
  ["a wrong type", "[telemetry.traces]\nenabled = 'yes'", "x.toml:2:11 telemetry.traces.enabled: must be true or false"],
  ["no URL", "[telemetry.logs]\notlp_endpoint = '127.0.0.1:4317'", "x.toml:2:17 telemetry.logs.otlp_endpoint: "],
  [
    "an address beyond loopback",
    "[telemetry.metrics]\nbind_address = '0.0.0.0:9464'",
    "x.toml:2:16 telemetry.metrics.bind_address: is beyond loopback",
  ],
  [
    "two names of one service",
    "[telemetry.traces]\nservice_name='a'\n[telemetry.logs]\nservice_name='b'",
    "x.toml:4:14 telemetry.logs.service_name: differs",
  ],
  ["TOML that is none", "[telemetry.traces\nenabled = true", "x.toml:"],
])("%s is refused at its place", (_, text, says) => {
  expect(faultsOf("x.toml", text)).toContain(says);
});

test("a fault in a list is placed at its entry", () => {
  expect(faultsOf("l.toml", "[telemetry.names]\ntask = [\n  'a', # one\n  7,\n]\n")).toContain("l.toml:4:3 telemetry.names.task[1]: ");
});

describe("OTEL_* variables keep their meaning", () => {
  const ON = "[telemetry.traces]\nenabled = true\n[telemetry.metrics]\nenabled = true\n[telemetry.logs]\nenabled = true\n";

  test("they fill in what the file leaves out", () => {
    const settings = settingsOf("env.toml", ON, {
      OTEL_SERVICE_NAME: "from-env",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=prod,service.instance.id=node%207",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4317",
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://logs:9999/v1/logs",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20x",
      OTEL_EXPORTER_OTLP_TIMEOUT: "2500",
      OTEL_METRIC_EXPORT_INTERVAL: "7000",
      OTEL_BSP_MAX_QUEUE_SIZE: "4096",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.25",
    });
    expect(settings).toMatchObject({
      traces: { url: "http://collector:4318", maxQueue: 4_096, sampler: { ratio: 0.25, followsParent: true } },
      metrics: { push: { url: "http://collector:4317", intervalMs: 7_000 } },
      logs: { url: "http://logs:9999" },
      resource: { "service.name": "from-env", "deployment.environment.name": "prod", "service.instance.id": "node 7" },
      headers: { authorization: "Bearer x" },
      timeoutMs: 2_500,
      warnings: [],
    });
  });

  test("the file wins over them", () => {
    const { traces, resource } = settingsOf("wins.toml", SEED, {
      OTEL_SERVICE_NAME: "env",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://env:4317",
    });
    expect([traces?.url, resource["service.name"]]).toEqual(["http://127.0.0.1:4318", "rust-dkg-engine"]);
  });

  test("they turn signals off", () => {
    const off = (environment: Record<string, string>) => {
      const { traces, metrics, logs } = settingsOf("off.toml", ON, environment);
      return [traces, metrics, logs].map((one) => one === undefined);
    };
    expect(off({ OTEL_SDK_DISABLED: "true" })).toEqual([true, true, true]);
    expect(off({ OTEL_TRACES_EXPORTER: "none" })).toEqual([true, false, false]);
    expect(off({ OTEL_SDK_DISABLED: "", OTEL_METRICS_EXPORTER: "none" })).toEqual([false, true, false]);
  });

  test("what cannot be understood is left aside with a warning", () => {
    const { warnings } = settingsOf("odd.toml", ON, {
      OTEL_BSP_MAX_QUEUE_SIZE: "many",
      OTEL_TRACES_SAMPLER: "sometimes",
      OTEL_EXPORTER_OTLP_ENDPOINT: "collector",
    });
    expect(warnings).toHaveLength(3);
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const DOCUMENTED: unknown = parse(readFileSync(join(import.meta.dirname, "tempo-settings.yaml"), "utf8"));
/** The processors that the metrics generator of Tempo 3 has. */
const PROCESSORS = ["service-graphs", "span-metrics", "host-info"];
/** Without these it would report home, keep blocks for ever, listen beyond loopback, or leave Grafana's service graph empty. */
const REQUIRED: Readonly<Record<string, RegExp>> = {
  "usage_report.reporting_enabled": /^false$/,
  "backend_worker.compaction.block_retention": /^\d+h$/,
  "server.http_listen_address": /:-127\.0\.0\.1\}$/,
  "server.grpc_listen_address": /^127\.0\.0\.1$/,
  "memberlist.bind_addr": /^127\.0\.0\.1$/,
  "metrics_generator.storage.path": /OFFING_TEMPO_DATA/,
  "metrics_generator.storage.remote_write.0.url": /^\$\{OFFING_PROMETHEUS_URL:-.*\}\/api\/v1\/write$/,
  "metrics_generator.storage.remote_write.0.send_exemplars": /^true$/,
  "overrides.defaults.metrics_generator.processors.0": /^service-graphs$/,
  "overrides.defaults.metrics_generator.processors.1": /^span-metrics$/,
};

/** What is wrong with tempo.yaml: keys that Tempo's documentation does not have, and settings that this stack must not lose. */
export function tempoProblems(text: string): readonly string[] {
  const config: unknown = parse(text);
  const processors = at(config, "overrides.defaults.metrics_generator.processors");
  return [
    ...unknownKeys(config, DOCUMENTED, ""),
    ...(Array.isArray(processors) ? processors : [])
      .filter((name) => !PROCESSORS.includes(String(name)))
      .map((name) => `overrides.defaults.metrics_generator.processors: Tempo has no ${name}`),
    ...Object.entries(REQUIRED).flatMap(([path, wanted]) => {
      const value = at(config, path);
      return wanted.test(String(value)) ? [] : [`${path}: is ${String(value)}, which is not what this stack wants (${wanted.source})`];
    }),
  ];
}

function unknownKeys(value: unknown, documented: unknown, path: string): readonly string[] {
  if (documented === "?") return [];
  if (Array.isArray(value)) {
    const [one] = Array.isArray(documented) ? documented : [];
    return value.flatMap((item) => unknownKeys(item, one, path));
  }
  if (!isObject(value)) return [`${path}: is a value where the documentation has keys`];
  return Object.entries(value).flatMap(([key, inner]) => {
    const place = path === "" ? key : `${path}.${key}`;
    const known = isObject(documented) ? documented[key] : undefined;
    return known === undefined ? [`${place}: Tempo's documentation has no such key`] : unknownKeys(inner, known, place);
  });
}

function at(value: unknown, path: string): unknown {
  const step = (inner: unknown, key: string): unknown =>
    Array.isArray(inner) ? inner[Number(key)] : isObject(inner) ? inner[key] : undefined;
  return path.split(".").reduce<unknown>(step, value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

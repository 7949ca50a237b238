import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import type { StackPorts } from "./ports.ts";

/** What the configurations of this repository are fitted to when the stack runs without containers. */
export interface LocalConfigOptions {
  /** Folder of the stack; the fitted files are written below it. */
  readonly directory: string;
  readonly alertmanagerPort: number;
  readonly alertHistoryPort: number;
  /** Another Prometheus configuration than the one of this repository. */
  readonly prometheusConfig?: string;
  /** Another Alertmanager configuration than the one of this repository. */
  readonly alertmanagerConfig?: string;
  /** Folder with the secrets of the receivers; null pages nobody. */
  readonly secrets: string | null;
}

/** The fitted files, and the secrets for want of which an integration was left out. */
export interface LocalConfigs {
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly missing: readonly string[];
}

/** An Alertmanager configuration, fitted. */
export interface FittedAlertmanager {
  readonly text: string;
  readonly missing: readonly string[];
}

const PROMETHEUS = fileURLToPath(new URL("../observability/prometheus/prometheus.yaml", import.meta.url));
/** The configuration of this repository, complete with every receiver. */
export const ALERTMANAGER: string = fileURLToPath(new URL("../observability/alertmanager/alertmanager.yaml", import.meta.url));
/** Where the configuration says that the secrets are. */
const SECRETS = "/etc/alertmanager/secrets/";
const HISTORY = "http://offing-alerts:9475/";

/** Writes the configurations that name other parts by address; neither program reads an address from its environment. */
export function writeLocalConfigs(options: LocalConfigOptions): LocalConfigs {
  const { directory, alertmanagerPort, alertHistoryPort, secrets } = options;
  mkdirSync(directory, { recursive: true });
  const prometheus = join(directory, "prometheus.yaml");
  writeFileSync(prometheus, fitPrometheus(options.prometheusConfig ?? PROMETHEUS, `127.0.0.1:${alertmanagerPort}`));
  const alertmanager = join(directory, "alertmanager.yaml");
  const fitted = fitAlertmanager(options.alertmanagerConfig ?? ALERTMANAGER, {
    history: `http://127.0.0.1:${alertHistoryPort}/`,
    secretOf: (name) => (secrets !== null && existsSync(join(secrets, name)) ? join(secrets, name) : null),
  });
  writeFileSync(alertmanager, fitted.text);
  return { prometheus, alertmanager, missing: fitted.missing };
}

/**
 * The Alertmanager configuration in `file` with other addresses: templates by their absolute path, the history at `history`, and
 * without every integration that `secretOf` gives no file for.
 */
export function fitAlertmanager(
  file: string,
  { history, secretOf }: { readonly history: string; readonly secretOf: (name: string) => string | null },
): FittedAlertmanager {
  const missing = new Set<string>();
  const config = parse(readFileSync(file, "utf8"), { merge: true }) as {
    templates: string[];
    receivers: Record<string, unknown>[];
  };
  config.templates = config.templates.map((path) => resolve(dirname(file), path));
  config.receivers = config.receivers.map((receiver) => {
    const kept = Object.entries(receiver).flatMap(([key, value]) => {
      if (!Array.isArray(value)) return [[key, value]];
      const integrations = (value as Record<string, unknown>[]).flatMap((one) => fitIntegration(one, { history, secretOf, missing }));
      return integrations.length === 0 ? [] : [[key, integrations]];
    });
    return Object.fromEntries(kept) as Record<string, unknown>;
  });
  return { text: stringify(config, { aliasDuplicateObjects: false, lineWidth: 0 }), missing: [...missing].sort() };
}

/** Writes the configuration of the alert history of a stack in `directory` and gives its path. */
export function writeAlertHistory(
  directory: string,
  { ports, tempo, reportMs }: { readonly ports: StackPorts; readonly tempo: boolean; readonly reportMs?: number },
): string {
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const config = {
    environment: "local",
    ledger: { sqlite: "alerts/alerts.db" },
    collector: { url: at(ports.otlpHttp), ...(reportMs !== undefined && { interval: `${reportMs}ms` }) },
    http: { listen: `127.0.0.1:${ports.alertHistory}` },
    backends: { prometheus: at(ports.prometheus), loki: at(ports.loki), ...(tempo && { tempo: at(ports.tempo) }) },
    alerts: { alertmanager: at(ports.alertmanager), ...(reportMs !== undefined && { poll_interval: `${reportMs}ms` }) },
  };
  const path = join(directory, "alerts.yaml");
  mkdirSync(join(directory, "alerts"), { recursive: true });
  writeFileSync(path, `# Written at each start of the stack.\n${stringify(config)}`);
  return path;
}

function fitPrometheus(file: string, alertmanager: string): string {
  const config = parse(readFileSync(file, "utf8")) as Record<string, unknown> & { readonly rule_files?: readonly string[] };
  return stringify({
    ...config,
    rule_files: (config.rule_files ?? []).map((pattern) => resolve(dirname(file), pattern)),
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
  });
}

interface FitContext {
  readonly history: string;
  readonly secretOf: (name: string) => string | null;
  readonly missing: Set<string>;
}

/** The integration with its addresses, or nothing when its secret is not there. On loopback the history asks for no token. */
function fitIntegration(integration: Readonly<Record<string, unknown>>, { history, secretOf, missing }: FitContext): object[] {
  const fitted: Record<string, unknown> = {};
  const isHistory = typeof integration["url"] === "string" && integration["url"].startsWith(HISTORY);
  for (const [key, value] of Object.entries(integration)) {
    if (isHistory && key === "http_config") continue;
    if (typeof value === "string" && value.startsWith(SECRETS)) {
      const name = value.slice(SECRETS.length);
      const path = secretOf(name);
      if (path === null) {
        missing.add(name);
        return [];
      }
      fitted[key] = path;
    } else fitted[key] = key === "url" && typeof value === "string" ? value.replace(HISTORY, history) : value;
  }
  return [fitted];
}

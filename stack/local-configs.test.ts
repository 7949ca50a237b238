import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { writeLocalConfigs } from "./local-configs.ts";
import { scratch } from "./testing/stub.ts";

interface Alertmanager {
  readonly templates: readonly string[];
  readonly route: unknown;
  readonly receivers: readonly (Readonly<Record<string, readonly Readonly<Record<string, string>>[]>> & { readonly name: string })[];
}

let directory: string;
beforeEach(() => {
  directory = scratch("configs");
});
afterEach(() => rmSync(directory, { recursive: true }));

const PORTS = { alertmanagerPort: 20_001, alertHistoryPort: 20_002 };
const SECRETS = ["pagerduty-routing-key", "slack-operators-url", "slack-url", "watchdog-url", "webhook-url"];
const read = (file: string): Alertmanager => parse(readFileSync(file, "utf8")) as Alertmanager;
const integrations = ({ receivers }: Alertmanager): readonly string[] =>
  receivers.flatMap(({ name, ...rest }) => Object.entries(rest).flatMap(([kind, list]) => list.map(() => `${name} ${kind}`)));

test("Prometheus finds Alertmanager at its port and its rules where they stand", () => {
  const { prometheus } = writeLocalConfigs({ directory, ...PORTS, secrets: null });
  const config = parse(readFileSync(prometheus, "utf8")) as { alerting: unknown; rule_files: string[]; otlp: unknown };
  expect(config.alerting).toEqual({ alertmanagers: [{ static_configs: [{ targets: ["127.0.0.1:20001"] }] }] });
  expect(config.rule_files).toEqual([join(import.meta.dirname, "../observability/prometheus/rules/*.rules.yaml")]);
  expect(config.otlp).toBeDefined();
});

test("without secrets nobody is told but the history, and what is missing is named", () => {
  const { alertmanager, missing } = writeLocalConfigs({ directory, ...PORTS, secrets: null });
  const config = read(alertmanager);
  expect(missing).toEqual(SECRETS);
  expect(integrations(config)).toEqual(["history webhook_configs", "watchdog webhook_configs"]);
  const history = { url: "http://127.0.0.1:20002/alertmanager", send_resolved: true, max_alerts: 0 };
  for (const receiver of ["history", "watchdog"])
    expect(config.receivers.find(({ name }) => name === receiver)?.["webhook_configs"]).toEqual([history]);
  expect(config.receivers.map(({ name }) => name)).toEqual(["nobody", "page", "team", "operators", "history", "watchdog"]);
});

test("a secret brings its integrations, by the path of its file and never by what stands in it", () => {
  const secrets = join(directory, "secrets");
  mkdirSync(secrets);
  writeFileSync(join(secrets, "pagerduty-routing-key"), "the-key");
  const { alertmanager, missing } = writeLocalConfigs({ directory, ...PORTS, secrets });
  expect(missing).toEqual(SECRETS.slice(1));
  expect(integrations(read(alertmanager))).toEqual(["page pagerduty_configs", "history webhook_configs", "watchdog webhook_configs"]);
  expect(readFileSync(alertmanager, "utf8")).toContain(join(secrets, "pagerduty-routing-key"));
  expect(readFileSync(alertmanager, "utf8")).not.toContain("the-key");
});

test("the templates it names are there", () => {
  const { alertmanager } = writeLocalConfigs({ directory, ...PORTS, secrets: null });
  expect(read(alertmanager).templates).toEqual([join(import.meta.dirname, "../observability/alertmanager/templates/*.tmpl")]);
});

import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { parse, stringify } from "yaml";
import { ALERTMANAGER, fitAlertmanager } from "../../stack/local-configs.ts";
import { createPart, type Part } from "../../stack/part.ts";
import { partSpecs } from "../../stack/part-specs.ts";
import { choosePorts } from "../../stack/ports.ts";
import { silent } from "../../stack/progress.ts";
import { until } from "../../stack/testing/probe.ts";
import { findTools } from "../../stack/tools.ts";
import type { AlertRule } from "../check/rule-files.ts";
import { readObservability } from "../check.ts";

/** What a receiver got: the path of its address and the body. */
interface Message {
  readonly path: string;
  readonly body: string;
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const STARTED = "2026-11-24T08:15:30.000Z";
const files = readObservability().rules;
/** Each alert as promtool saw Prometheus render it: the first firing case of its own test group. */
const alerts: readonly (Alert & { readonly rule: AlertRule })[] = files.flatMap(({ rules, tests = [] }) =>
  rules.flatMap((rule) => {
    const cases = tests.find(({ name }) => name === rule.alert)?.alert_rule_test ?? [];
    const [first] = cases.flatMap(({ exp_alerts }) => exp_alerts);
    return first === undefined
      ? []
      : [{ rule, labels: { alertname: rule.alert, ...first.exp_labels }, annotations: first.exp_annotations }];
  }),
);

let directory = "";
let receiver: Server;
let alertmanager: Part;
const messages: Message[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "offing-smoke-"));
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      messages.push({ path: request.url ?? "", body });
      if (request.url?.startsWith("/slack") === true) response.end("ok");
      else response.writeHead(202, { "content-type": "application/json" }).end('{"status":"success","dedup_key":"x"}');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  await alertmanager?.stop();
  receiver.closeAllConnections();
  receiver.close();
  rmSync(directory, { recursive: true });
});

interface Config {
  templates: string[];
  global: Record<string, unknown>;
  route: Route;
  inhibit_rules: unknown[];
  time_intervals: { name: string; time_intervals: unknown[] }[];
  receivers: Record<string, unknown>[];
}

interface Route extends Record<string, unknown> {
  routes?: Route[];
}

/** Starts a real Alertmanager with this repository's configuration, its receivers on this machine, its waits cut to a second. */
async function start(change: (config: Config) => void): Promise<void> {
  await alertmanager?.stop();
  messages.length = 0;
  const base = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const secrets = join(directory, "secrets");
  mkdirSync(secrets, { recursive: true });
  const { text } = fitAlertmanager(ALERTMANAGER, {
    history: `${base}/`,
    secretOf: (name) => {
      writeFileSync(join(secrets, name), name === "pagerduty-routing-key" ? "the-routing-key" : `${base}/${name}`);
      return join(secrets, name);
    },
  });
  const config = parse(text) as Config;
  config.global["pagerduty_url"] = `${base}/pagerduty`;
  quicken(config.route);
  change(config);
  const file = join(directory, "alertmanager.yaml");
  writeFileSync(file, stringify(config));
  const tool = (await findTools(["alertmanager"], { progress: silent })).alertmanager;
  const tools = { collector: tool, prometheus: tool, alertmanager: tool, loki: tool };
  const configs = { prometheus: "", alertmanager: file };
  const spec = partSpecs({ directory, ports: await choosePorts("free"), tools, tempo: null, configs }).find(
    ({ name }) => name === "alertmanager",
  );
  if (spec === undefined) throw new TypeError("the stack has no Alertmanager");
  alertmanager = createPart(spec, { onStart: () => {}, onEnd: () => {}, onExit: () => {} });
  await alertmanager.start();
}

function quicken(route: Route): void {
  for (const key of ["group_wait", "group_interval"]) if (route[key] !== undefined) route[key] = key === "group_wait" ? "0s" : "1s";
  for (const inner of route.routes ?? []) quicken(inner);
}

async function send(sent: readonly Alert[], endsAt?: string): Promise<void> {
  const response = await fetch(`${alertmanager.address}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(
      sent.map(({ labels, annotations }) => ({ labels, annotations, startsAt: STARTED, ...(endsAt !== undefined && { endsAt }) })),
    ),
  });
  expect(response.status).toBe(200);
}

const to = (path: string): readonly Message[] => messages.filter((message) => message.path === path);
const about = (path: string, alertname: string): string =>
  to(path)
    .map(({ body }) => JSON.stringify(JSON.parse(body)))
    .filter((body) => body.includes(alertname))
    .join("\n");

/** What stands in the rendered description in the place of the value: between the words before it and after it in the template. */
function valueIn(template: string, rendered: string): string | undefined {
  const [, before = "", after = ""] = /(?:^|\}\})([^{}]*)\{\{[^{}]*\$value[^{}]*\}\}([^{}]*)/su.exec(template) ?? [];
  const start = rendered.indexOf(before) + before.length;
  return rendered.slice(start, rendered.indexOf(after, start)) || undefined;
}

/** What a message about an alert must say: who, what, since, value, runbook, dashboard and next step. */
function partsOf({ rule, labels, annotations }: (typeof alerts)[number]): {
  readonly wanted: readonly string[];
  readonly value: string | undefined;
} {
  const { description = "", runbook_url = "", dashboard_url = "", summary = "" } = annotations;
  const next = description.split("Next: ")[1] ?? "";
  const who = ["job", "instance"].flatMap((label) => (labels[label] === undefined ? [] : [`${label} ${labels[label]}`]));
  const wanted = [...who, summary, "2026-11-24 08:15:30 UTC", runbook_url, `http://127.0.0.1:3000${dashboard_url}`, next];
  return { wanted, value: valueIn(rule.annotations["description"] ?? "", description) };
}

function missingIn(text: string, wanted: readonly string[]): readonly string[] {
  return wanted.filter((part) => !text.includes(JSON.stringify(part).slice(1, -1)));
}

describe("through a real Alertmanager", () => {
  beforeAll(async () => {
    await start((config) => {
      config.inhibit_rules = [];
    });
    await send(alerts);
    const arrived = (path: string, count: number): Promise<true> =>
      until(`${count} messages at ${path}`, async () =>
        messages.filter((message) => message.path.startsWith(path)).length >= count ? true : null,
      );
    await arrived("/alertmanager", alerts.length);
    const pages = alerts.filter(({ labels }) => labels["severity"] === "critical" && labels["domain"] !== "funding");
    await arrived("/pagerduty", pages.length);
    const warned = alerts.filter(({ labels }) => labels["severity"] === "warning" && labels["domain"] !== "funding");
    await arrived("/slack", pages.length + warned.length);
  }, 120_000);

  it.each(
    alerts
      .filter(({ rule, labels }) => rule.labels["severity"] !== "none" && labels["domain"] !== "funding")
      .map((alert) => [alert.rule.alert, alert] as const),
  )("%s says who, what, since, value, runbook, dashboard and next step", (name, { rule, labels, annotations }) => {
    const operators = labels["domain"] === "shared" && labels["severity"] === "warning";
    const { wanted, value } = partsOf({ rule, labels, annotations });
    const text = about(operators ? "/slack-operators-url" : "/slack-url", name);
    expect(missingIn(text, wanted)).toEqual([]);
    if (rule.annotations["description"]?.includes("$value") === true) expect(text).toContain(value ?? "(the description shows no value)");
    if (labels["severity"] !== "critical") return;
    const page = about("/pagerduty", name);
    expect(missingIn(page, [...wanted, "the-routing-key"])).toEqual([]);
    for (const part of ['"event_action":"trigger"', '"severity":"critical"']) expect(page).toContain(part);
  });

  it("tells the history of each alert, whoever else is told, and nobody but it and the outside of the Watchdog", () => {
    const told = new Set(
      to("/alertmanager").flatMap(({ body }) => (JSON.parse(body) as { alerts: Alert[] }).alerts.map(({ labels }) => labels["alertname"])),
    );
    expect([...told].sort()).toEqual(alerts.map(({ rule }) => rule.alert).sort());
    expect(about("/watchdog-url", "OffingWatchdog")).not.toBe("");
    expect(about("/slack-url", "OffingWatchdog") + about("/pagerduty", "OffingWatchdog")).toBe("");
  });

  it("says when it is over", async () => {
    const [page] = alerts.filter(({ labels }) => labels["severity"] === "critical");
    if (page === undefined) throw new TypeError("no alert is critical");
    await send([page], "2026-11-24T08:20:00.000Z");
    const resolved = (): boolean =>
      to("/pagerduty").some(({ body }) => body.includes('"event_action":"resolve"') && body.includes(page.rule.alert));
    await expect.poll(resolved, { timeout: 20_000 }).toBe(true);
    await expect.poll(() => about("/slack-url", page.rule.alert), { timeout: 20_000 }).toContain("[RESOLVED]");
  });
});

test("a cause holds back what follows from it, and a window what can wait; the history hears of all that is not held back", async () => {
  await start((config) => {
    for (const interval of config.time_intervals) if (interval.name === "maintenance") interval.time_intervals = [{ years: ["2000:2999"] }];
  });
  const named = (name: string): Alert => {
    const found = alerts.find(({ rule }) => rule.alert === name);
    if (found === undefined) throw new TypeError(`no rule is called ${name}`);
    return found;
  };
  const [silentEmitter, lagging, blocked] = [named("OffingEmitterSilent"), named("ChainIndexLagging"), named("ChainPsmBlocked")];
  await send([silentEmitter, blocked]);
  await send([lagging, named("OffingItemsRefused")]);
  const listed = async (): Promise<Readonly<Record<string, string>>> => {
    const response = await fetch(`${alertmanager.address}/api/v2/alerts`);
    const all = (await response.json()) as (Alert & { status: { state: string; inhibitedBy: string[] } })[];
    return Object.fromEntries(
      all.map(({ labels, status }) => [labels["alertname"] ?? "", status.inhibitedBy.length > 0 ? "inhibited" : "told"]),
    );
  };
  await expect.poll(listed, { timeout: 60_000 }).toEqual({
    OffingEmitterSilent: "told",
    ChainPsmBlocked: "told",
    ChainIndexLagging: "inhibited",
    OffingItemsRefused: "inhibited",
  });
  await expect.poll(() => about("/pagerduty", "ChainPsmBlocked"), { timeout: 60_000 }).not.toBe("");
  // Not of the silent job, so nothing inhibits it: the window alone keeps it from the team.
  await send([{ ...lagging, labels: { ...lagging.labels, job: "offing-funding" } }]);
  await expect.poll(() => about("/alertmanager", "ChainIndexLagging"), { timeout: 60_000 }).not.toBe("");
  const muted = async (): Promise<readonly string[]> => {
    const response = await fetch(`${alertmanager.address}/api/v2/alerts/groups?receiver=team&filter=job=offing-funding`);
    const groups = (await response.json()) as { alerts: { status: { mutedBy: string[] } }[] }[];
    return groups.flatMap((group) => group.alerts.flatMap(({ status }) => status.mutedBy));
  };
  await expect.poll(muted, { timeout: 60_000 }).toEqual(["maintenance"]);
  expect(about("/slack-url", "ChainIndexLagging")).toBe("");
  expect(readFileSync(join(directory, "alertmanager.log"), "utf8")).not.toContain("the-routing-key");
}, 60_000);

test("a planted fault is found: a template that leaves out the runbook and when it began", async () => {
  const templates = join(directory, "templates");
  mkdirSync(templates, { recursive: true });
  await start((config) => {
    for (const file of globSync("*.tmpl", { cwd: join(import.meta.dirname, "templates") })) {
      const text = readFileSync(join(import.meta.dirname, "templates", file), "utf8");
      writeFileSync(join(templates, file), text.replace(/^(?:Runbook|Since): .*\n/gmu, ""));
    }
    config.templates = [join(templates, "*.tmpl")];
    config.inhibit_rules = [];
  });
  const [known] = alerts.filter(({ rule }) => rule.alert === "OffingCollectorSilent");
  if (known === undefined) throw new TypeError("no rule is called OffingCollectorSilent");
  // Of the same name and labels Alertmanager remembers that it has told.
  const one = { ...known, labels: { ...known.labels, instance: "another" } };
  await send([one]);
  await expect.poll(() => about("/slack-url", one.rule.alert), { timeout: 60_000 }).not.toBe("");
  expect(missingIn(about("/slack-url", one.rule.alert), partsOf(one).wanted)).toEqual([
    "2026-11-24 08:15:30 UTC",
    one.annotations["runbook_url"],
  ]);
}, 60_000);

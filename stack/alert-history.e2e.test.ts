import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#core/clock.ts";
import { reconcileAlerts } from "../commands/reconcile.ts";
import { type Stack, startStack } from "./start.ts";
import { streamsOf } from "./testing/probe.ts";

const CLI = fileURLToPath(new URL("../cli.ts", import.meta.url));
const beganMs = systemClock.nowMs();

let stack: Stack;
beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), "offing-history-"));
  stack = await startStack({ directory, ports: "free", alertHistory: true, reportMs: 1_000 });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(stack.directory, { recursive: true, force: true });
});

const labels = (name: string): Readonly<Record<string, string>> => ({
  alertname: name,
  severity: "warning",
  domain: "chain",
  job: "offing-chain",
});

/** Tells Alertmanager of an alert as Prometheus does. */
async function tell(name: string, { over }: { readonly over: boolean }): Promise<void> {
  const endsAt = new Date(systemClock.nowMs() + (over ? 0 : 3_600_000)).toISOString();
  const alert = { labels: labels(name), annotations: { summary: `${name} is bad.` }, startsAt: new Date(beganMs).toISOString(), endsAt };
  await post("/api/v2/alerts", [alert]);
}

async function post(path: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${stack.endpoints.alertmanager}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  expect(response.ok).toBe(true);
}

/** Whether Alertmanager's webhook was taken, and how many it says were not. */
async function delivered(): Promise<{ readonly webhooks: boolean; readonly failed: number }> {
  const text = await (await fetch(`${stack.endpoints.alertmanager}/metrics`)).text();
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}\\{[^}]*integration="webhook"[^}]*\\} (\\S+)$`, "gm"))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    );
  return { webhooks: sum("alertmanager_notifications_total") > 0, failed: sum("alertmanager_notifications_failed_total") };
}

/** What `offing alerts history` answers, as `alert state evidence`. */
function history(): readonly string[] {
  const config = join(stack.directory, "alerts.yaml");
  const args = [CLI, "alerts", "history", "--config", config, "--since", "1h", "--json"];
  const { transitions } = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as {
    readonly transitions: readonly { readonly alertname: string; readonly status: string; readonly evidence: string }[];
  };
  return transitions
    .filter(({ alertname }) => alertname.startsWith("Demo"))
    .map(({ alertname, status, evidence }) => `${alertname} ${status} ${evidence}`);
}

test("what Alertmanager reports, what it sends to nobody and what was missed while the history was down are each written once", async () => {
  const silence = {
    matchers: [{ name: "alertname", value: "DemoSilenced", isRegex: false, isEqual: true }],
    createdBy: "test",
    comment: "test",
  };
  const now = systemClock.nowMs();
  await post("/api/v2/silences", { ...silence, startsAt: new Date(now).toISOString(), endsAt: new Date(now + 3_600_000).toISOString() });
  await tell("DemoReported", { over: false });
  await tell("DemoSilenced", { over: false });
  // The one that is sent may be found by asking first; the one that is silenced is only ever found so.
  const known = (): readonly string[] =>
    history()
      .map((line) => line.replace(/(Reported \w+) \w+$/, "$1"))
      .sort();
  await expect.poll(known, { timeout: 60_000, interval: 2_000 }).toEqual(["DemoReported firing", "DemoSilenced firing polled"]);
  await expect.poll(() => delivered(), { timeout: 30_000, interval: 1_000 }).toEqual({ webhooks: true, failed: 0 });

  const { alerts } = stack.parts;
  await alerts?.kill("SIGKILL");
  await tell("DemoSilenced", { over: true });
  await tell("DemoReported", { over: true });
  // What an operator would wait three minutes for.
  const config = join(stack.directory, "alerts.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replace("alerts:\n", "alerts:\n  settle: 1s\n"));
  await alerts?.start();
  const ended = (): readonly string[] =>
    history()
      .filter((line) => line.includes("resolved"))
      .map((line) => line.replace(/ \w+$/, ""))
      .sort();
  await expect.poll(ended, { timeout: 60_000, interval: 2_000 }).toEqual(["DemoReported resolved", "DemoSilenced resolved"]);
  expect(history()).toHaveLength(4);
});

test("Loki shows every transition and Prometheus counts them as the ledger does", async () => {
  const query = '{service_name="offing-alerts"} | event_name="offing.alert.transition" | offing_alert_name="DemoSilenced"';
  const states = async (): Promise<readonly (string | undefined)[]> =>
    (await streamsOf(stack.endpoints.loki, query, beganMs - 60_000))
      .flatMap(({ stream, values }) => values.map(() => stream["offing_alert_state"]))
      .sort();
  await expect.poll(states, { timeout: 30_000, interval: 1_000 }).toEqual(["firing", "resolved"]);

  const report = await reconcileAlerts({ config: join(stack.directory, "alerts.yaml"), set: [] }, 30_000);
  expect(report).toMatchObject({ equal: true, missingLogCount: 0 });
  expect(report.facts).toBeGreaterThanOrEqual(4);
});

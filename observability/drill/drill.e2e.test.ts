import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { queryPrometheus } from "#core/backends.ts";
import { type Stack, startStack } from "../../stack/start.ts";
import { writeDrillConfig } from "./rules.ts";

let folder = "";
let stack: Stack;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "offing-drill-"));
  const prometheusConfig = writeDrillConfig(join(folder, "config"));
  stack = await startStack({ directory: join(folder, "stack"), ports: "free", prometheusConfig, alertHistory: true, reportMs: 300 });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true });
});

/** What Prometheus has firing for the history's own job. */
async function firing(): Promise<readonly string[]> {
  const found = await queryPrometheus(stack.endpoints.prometheus, 'ALERTS{alertstate="firing",job="offing-alerts",severity="critical"}');
  return found.map(({ labels }) => labels["alertname"] ?? "");
}

const atAlertmanager = async (): Promise<number> => {
  const url = `${stack.endpoints.alertmanager}/api/v2/alerts?filter=alertname=OffingEmitterSilent&filter=job=offing-alerts`;
  return ((await (await fetch(url)).json()) as readonly unknown[]).length;
};

test("a killed emitter fires its alert, as far as Alertmanager, and a start clears it", async () => {
  const { alerts } = stack.parts;
  const heartbeat = async (): Promise<number> =>
    (await queryPrometheus(stack.endpoints.prometheus, 'time() - offing_heartbeat_timestamp_seconds{job="offing-alerts"}'))[0]?.value ?? 99;
  await expect.poll(heartbeat, { timeout: 30_000, interval: 300 }).toBeLessThan(2);
  await expect.poll(firing, { timeout: 30_000, interval: 500 }).toEqual([]);

  await alerts?.kill("SIGKILL");
  await expect.poll(firing, { timeout: 60_000, interval: 500 }).toEqual(["OffingEmitterSilent"]);
  await expect.poll(atAlertmanager, { timeout: 30_000, interval: 500 }).toBe(1);
  await alerts?.start();
  await expect.poll(firing, { timeout: 60_000, interval: 500 }).toEqual([]);
  await expect.poll(atAlertmanager, { timeout: 30_000, interval: 500 }).toBe(0);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { budgetSettings, readDiskBudget } from "./disk-budget.ts";
import { lokiLimitsFile } from "./loki-share.ts";
import { createProgress } from "./progress.ts";
import { sampleOf, until } from "./testing/probe.ts";
import { down, up } from "./up.ts";

const directory = mkdtempSync(join(tmpdir(), "offing-disk-"));
afterAll(async () => {
  await down({ directory });
  rmSync(directory, { recursive: true, force: true });
});

test("with a budget the parts that can bound themselves are told to, and what each takes arrives in Prometheus", async () => {
  const diskBudget = readDiskBudget("3G");
  // As an earlier run has found it to fit.
  mkdirSync(directory, { recursive: true });
  writeFileSync(lokiLimitsFile(directory), "overrides: { fake: { retention_period: 48h } }\n");
  const { endpoints } = await up({ directory, ports: "free", alertHistory: false, diskBudget, progress: createProgress() });
  const prometheus = endpoints?.prometheus ?? "";
  const used = await until("the disk's figures", () => sampleOf(prometheus, 'offing_stack_disk_used_bytes{part="prometheus"}'));
  expect(used).toBeGreaterThan(0);
  expect(await sampleOf(prometheus, 'offing_stack_disk_budget_bytes{part="loki"}')).toBe(diskBudget.loki);
  expect(await sampleOf(prometheus, "offing_stack_disk_filled_ratio")).toBeGreaterThan(0);
  expect(await sampleOf(prometheus, "offing_stack_lines_kept_seconds")).toBe(48 * 3_600);
  // Loki without tenants calls its one tenant so, and only here wants to hear it.
  const asked = await fetch(`${endpoints?.loki ?? ""}/config/tenant/v1/limits`, { headers: { "X-Scope-OrgID": "fake" } });
  expect(await asked.text()).toMatch(/retention_period: 2d/);
  const flags = (await (await fetch(`${prometheus}/api/v1/status/flags`)).json()) as { data: Record<string, string> };
  // Prometheus writes it in units, the largest first: 737MiB288KiB.
  const told = Number(/size=(\d+)B/.exec(budgetSettings(diskBudget).prometheus[0] ?? "")?.[1]);
  expect(flags.data["storage.tsdb.retention.size"]).toMatch(new RegExp(`^${Math.floor(told / 1024 ** 2)}MiB`));
  const capacity = await until("the Collector's queues", () =>
    sampleOf(prometheus, 'otelcol_exporter_queue_capacity{exporter="otlp_http/loki"}'),
  );
  expect(capacity).toBe(Number(budgetSettings(diskBudget).collector["OFFING_QUEUE_BYTES"]));
});

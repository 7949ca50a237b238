import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OffingError } from "#core/errors.ts";
import { type Call, mint, redeem } from "../demo/world/calls.ts";
import { DRILL_JOB, type StackDrill } from "../observability/drill/catalogue.ts";
import type { Act } from "./acts.ts";
import { ORDINARY } from "./chain-place.ts";
import { LEDGER_BUDGET, type Site } from "./site.ts";
import { untilSeen } from "./until-seen.ts";

/** The drills on the emitter as a process, on the parts of the stack and on the way between them. */
export const stackActs: Readonly<Record<StackDrill, Act>> = {
  "gateway-refuses": {
    prepare: chainIsThere,
    begin: async (site) => {
      (await site.chain()).gateway.refuses = (path) => path === "/v1/logs";
    },
    heal: async (site) => {
      (await site.chain()).gateway.refuses = () => false;
    },
  },
  "nonsense-reported": {
    prepare: async () => undefined,
    begin: (site) => reportNonsense(site),
    heal: async () => undefined,
  },
  "emitter-killed": {
    prepare: chainIsThere,
    begin: async (site) => (await site.chain()).stopEmitter("SIGKILL"),
    heal: async (site) => (await site.chain()).startEmitter(),
  },
  "collector-killed": {
    prepare: ({ stack }) => untilSeen(stack.endpoints.prometheus, "otelcol_process_memory_rss_bytes"),
    begin: (site) => site.stack.parts.collector.kill("SIGKILL"),
    heal: (site) => site.stack.parts.collector.start(),
  },
  "loki-killed": {
    prepare: chainIsThere,
    begin: async (site) => {
      await site.stack.parts.loki.kill("SIGKILL");
      (await site.chain()).traffic = () => CROWD;
    },
    heal: async (site) => {
      (await site.chain()).traffic = () => ORDINARY;
      await site.stack.parts.loki.start();
    },
  },
  "line-too-long": {
    prepare: async () => undefined,
    begin: sendLongLine,
    heal: async () => undefined,
  },
  "prometheus-killed": {
    prepare: async () => undefined,
    begin: (site) => site.stack.parts.prometheus.kill("SIGKILL"),
    heal: (site) => site.stack.parts.prometheus.start(),
  },
  "ledger-grows": {
    prepare: async () => undefined,
    begin: async (site) => writeFileSync(ballastOf(site), Buffer.alloc(LEDGER_BUDGET)),
    heal: async (site) => rmSync(ballastOf(site), { force: true }),
  },
};

/** Twice what Loki takes (observability/loki/loki.yaml). */
const LONG_LINE = 2 * 1024 * 1024;

/** So many operations in each block that what tells of them fills a queue within seconds. */
const CROWD: readonly Call[] = Array.from({ length: 200 }, (_, index) =>
  index % 2 === 0 ? mint({ user: index % 8 }) : redeem({ user: index % 8 }),
);

async function chainIsThere(site: Site): Promise<void> {
  await site.chain();
}

/** Somebody tells the alert history of an alert that is none. */
async function reportNonsense({ stack }: Site): Promise<void> {
  const { alerts } = stack.parts;
  const response = await fetch(`${alerts?.address}/alertmanager`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ alerts: [{ drill: "no alert looks like this" }] }),
  });
  if (!response.ok) throw new OffingError("DEMO_FAILED", { message: `the alert history answered ${response.status}` });
}

/** Somebody sends a line beyond Loki's `max_line_size`. */
async function sendLongLine({ stack }: Site): Promise<void> {
  const resource = { attributes: [{ key: "service.name", value: { stringValue: DRILL_JOB } }] };
  const logRecords = [{ timeUnixNano: `${Date.now()}000000`, body: { stringValue: "x".repeat(LONG_LINE) } }];
  const response = await fetch(`${stack.endpoints.collector}/v1/logs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ scope: { name: "offing" }, logRecords }] }] }),
  });
  if (!response.ok) throw new OffingError("DEMO_FAILED", { message: `the Collector answered ${response.status}` });
}

/** Beside the history's ledger, where the disk watch looks. */
function ballastOf({ stack }: Site): string {
  return join(stack.directory, "alerts", "ballast");
}

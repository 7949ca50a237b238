import { relative } from "node:path";
import type { ReconcileReport } from "#core/reconcile.ts";
import type { LiveAnswer } from "../observability/live.ts";
import type { StackEndpoints } from "../stack/state.ts";
import { type AlertState, isAsExpected } from "./alerts.ts";
import type { Arrivals } from "./arrivals.ts";
import { textTable } from "./text-table.ts";
import type { Scene } from "./world/story.ts";

/** What the demo ends with. */
export interface DemoSummary {
  readonly ok: boolean;
  readonly report: ReconcileReport;
  /** What the traffic driver knows that it did. */
  readonly byReason: Readonly<Record<string, { readonly applied: number; readonly retracted: number; readonly current: number }>>;
  readonly alerts: readonly AlertState[];
  readonly expectedAlerts: readonly string[];
  /** What each panel query answered on the running stack. */
  readonly panels: readonly LiveAnswer[];
  readonly endpoints: StackEndpoints;
  readonly emitterUrl: string;
  readonly config: string;
}

/** One line for a scene and what it did to the chain. */
export function renderScene(scene: Scene): string {
  const counts = scene.expected.map(({ count, actionType, reasonCode, outcome }) => `${count} ${actionType} ${reasonCode ?? outcome}`);
  const gone = scene.orphaned.map(({ count, actionType, reasonCode, outcome }) => `${count} ${actionType} ${reasonCode ?? outcome}`);
  const parts = [
    counts.length === 0 ? undefined : counts.join(", "),
    gone.length === 0 ? undefined : `orphaned: ${gone.join(", ")}`,
    scene.changes.length === 0 ? undefined : scene.changes.map(({ module, event }) => `${module} ${event}`).join(", "),
  ];
  return `▸ ${scene.title}\n${parts.flatMap((part) => (part === undefined ? [] : [`    chain      ${part}\n`])).join("")}`;
}

/** Says what has newly arrived in the backends. */
export function renderArrivals(now: Arrivals, before: Arrivals): string {
  const lines = (["prometheus", "loki"] as const).flatMap((backend) => {
    const changed = Object.entries(now[backend]).filter(([code, value]) => before[backend][code] !== value);
    return changed.length === 0 ? [] : [`    ${backend.padEnd(10)} ${changed.map(([code, value]) => `${code} ${value}`).join("   ")}\n`];
  });
  return lines.join("");
}

/** The closing tables: numbers side by side, alerts, differences if any, and where to look next. */
export function renderSummary(summary: DemoSummary): string {
  return [
    "\n",
    renderNumbers(summary),
    renderDifferences(summary.report),
    renderAlerts(summary),
    renderPanels(summary.panels),
    renderNext(summary),
    summary.ok ? "\nEvery number is equal.\n" : "\nNOT EQUAL: see the rows marked with ✗.\n",
  ].join("");
}

/** The closing lines of a run on a user's chain, where nobody knows what should have happened. */
export function renderOwnChain(report: ReconcileReport, alerts: readonly AlertState[]): string {
  const rows = alerts.map(({ name, state, severity, summary }) => [name, state, severity, summary]);
  const verdict = report.equal ? "\nEvery number is equal.\n" : "\nNOT EQUAL.\n";
  return `${renderDifferences(report)}\n${textTable(["alert", "state", "severity", "says"], rows)}\n${verdict}`;
}

function renderNumbers({ byReason, report }: DemoSummary): string {
  const rows = Object.entries(byReason).map(([code, world]) => {
    const own = report.rows.filter((row) => row.metric === "oracle.required.failures" && row.labels["reason_code"] === code);
    const sum = (pick: (row: (typeof own)[number]) => number | null): number => own.reduce((total, row) => total + (pick(row) ?? 0), 0);
    const figures = [world.current, sum((row) => row.ledger), sum((row) => row.prometheus), sum((row) => row.loki)];
    return [code, world.applied, world.retracted, ...figures, new Set(figures).size === 1 ? "✓" : "✗"];
  });
  const title = `Blocked operations per reason code at ledger position ${report.cursorSeq}\n(Prometheus: total + late - retracted; Loki: records - retractions)\n\n`;
  return `${title}${textTable(["reason code", "mined", "orphaned", "chain", "ledger", "Prometheus", "Loki", ""], rows)}\n`;
}

function renderDifferences(report: ReconcileReport): string {
  const different = report.rows.filter((row) => !row.equal);
  const equal = `\nReconcile: ${report.rows.length - different.length} of ${report.rows.length} series equal, ${report.facts} facts`;
  const lines = [
    `${equal}, ${report.missingLogCount} without a log record.\n`,
    ...report.faults.map((fault) => `  ✗ ${fault}\n`),
    ...different.map(
      (row) =>
        `  ✗ ${row.prometheusName}${JSON.stringify(row.labels)}: ledger ${row.ledger}, Prometheus ${row.prometheus}, Loki ${row.loki}\n`,
    ),
    ...report.missingLogs.slice(0, 10).map((id) => `  ✗ no log record in Loki: ${id}\n`),
  ];
  return lines.join("");
}

function renderAlerts({ alerts, expectedAlerts }: DemoSummary): string {
  const rows = alerts.map(({ name, state, sev, severity, summary }) => {
    const right = isAsExpected({ name, state, severity }, expectedAlerts);
    return [name, state, sev === "" ? severity : `${sev} ${severity}`, right ? "✓" : "✗", summary];
  });
  return `\n${textTable(["alert", "state", "severity", "", "says"], rows)}\n`;
}

function renderPanels(panels: readonly LiveAnswer[]): string {
  const empty = panels.filter((panel) => !panel.ok);
  const lines = empty.map(({ panel, detail }) => `  ✗ ${panel}: ${detail}\n`);
  return `\nDashboards: ${panels.length - empty.length} of ${panels.length} panel queries answer with data.\n${lines.join("")}`;
}

function renderNext({ endpoints, emitterUrl, config }: DemoSummary): string {
  const traces =
    endpoints.tempo === null
      ? `no Tempo on this machine; the spans stand in ${relative(process.cwd(), endpoints.tracesFile ?? "")}`
      : endpoints.tempo;
  return `\nWhere to look next (--keep leaves it running):
  Prometheus   ${endpoints.prometheus}/query?g0.expr=oracle_required_failures_total
  Alerts       ${endpoints.prometheus}/alerts
  Loki         ${endpoints.loki} (LogQL: {service_name="offing-chain"})
  Traces       ${traces}
  The ledger   ${emitterUrl}/state and ${emitterUrl}/facts/ID
  Again        ./offing reconcile --config ${relative(process.cwd(), config)}
  Dashboards   ./offing preview --from now-10m (draws them without a Grafana)
  Runbooks     docs/runbooks/
`;
}

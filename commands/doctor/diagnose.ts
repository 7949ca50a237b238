import { type Aviary, sendCanary } from "./canary.ts";
import { askDashboardQuery } from "./dashboard-query.ts";
import { checkGrafana } from "./grafana.ts";
import { followCanary } from "./hops.ts";
import { type Listener, readListeners } from "./listeners.ts";
import { checkMachine } from "./machine.ts";
import { type DoctorReport, type Finding, reportOf } from "./report.ts";
import type { DoctorTarget } from "./target.ts";

/** How one run is done. */
export interface DiagnoseOptions {
  readonly target: DoctorTarget;
  readonly aviary: Aviary;
  /** How long the canary may take to every backend. */
  readonly waitMs: number;
  readonly allowed: readonly string[];
  readonly grafanaPasswordFile: string;
  /** The folder whose disk holds the data. */
  readonly dataFolder: string;
  /** The machine's own when left out. */
  readonly listeners?: readonly Listener[] | null;
}

/** Looks at the machine, sends one canary, and follows it through every hop. */
export async function diagnose(options: DiagnoseOptions): Promise<DoctorReport> {
  const { target, allowed, dataFolder, listeners = readListeners() } = options;
  const machine = await checkMachine({ target, allowed, dataFolder, listeners });
  const { canary, accepted } = await sendCanary(target.collector, options.aviary);
  const behind: readonly Finding[] =
    accepted.verdict === "ok"
      ? await followCanary(target, canary, options.waitMs)
      : [{ check: "the hops behind it", verdict: "absent", detail: "not asked: the canary never left" }];
  const grafana = await checkGrafana({ url: target.grafana, passwordFile: options.grafanaPasswordFile });
  const hops = [accepted, ...behind, grafana, await askDashboardQuery(target.prometheus)];
  return reportOf({ canary: canary.id, machine, hops });
}

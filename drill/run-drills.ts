import { join } from "node:path";
import { DRILLS, type DrillName } from "../observability/drill/catalogue.ts";
import type { Progress } from "../stack/progress.ts";
import { ACTS } from "./acts.ts";
import { type AlertOutcome, type Disturbed, disturb } from "./run-drill.ts";
import { type Site, startSite } from "./site.ts";

/** Which drills, where, and who is told. */
export interface DrillsOptions {
  readonly names: readonly DrillName[];
  /** Data, logs and configuration of this run; emptied first. */
  readonly directory: string;
  readonly progress?: Progress;
  readonly signal: AbortSignal;
  /** One line of progress. */
  readonly say: (line: string) => void;
  /** Called when all drills are done and everything still runs. */
  readonly onDone: (outcomes: readonly AlertOutcome[], site: Site) => Promise<void>;
}

/**
 * Runs drills one after the other, in the order of the catalogue, on a stack of their own. One that lingers is not waited for until the
 * others are done.
 *
 * @throws TOOL_NOT_FOUND, TOOL_BUILD_FAILED, STACK_FAILED, DEMO_FAILED; the signal's reason when it aborts. Nothing is left running.
 */
export async function runDrills(options: DrillsOptions): Promise<void> {
  const { names, signal, say, onDone } = options;
  const wanted = DRILLS.filter(({ name }) => names.includes(name));
  const site = await startSite(options);
  const beganMs = performance.now();
  try {
    const lingering: Disturbed[] = [];
    const outcomes: AlertOutcome[] = [];
    for (const [index, plan] of wanted.entries()) {
      signal.throwIfAborted();
      const tell = (step: string): void => {
        const seconds = ((performance.now() - beganMs) / 1_000).toFixed(0).padStart(4);
        say(`${seconds} s  ${index + 1}/${wanted.length} ${plan.name}: ${step}`);
      };
      const history = join(site.stack.directory, "alerts.yaml");
      const disturbed = await disturb(plan, ACTS[plan.name], { site, history, signal, say: tell });
      if (plan.lingers === true) lingering.push(disturbed);
      else outcomes.push(...(await disturbed.cleared()));
    }
    for (const disturbed of lingering) outcomes.push(...(await disturbed.cleared()));
    await onDone(outcomes, site);
  } finally {
    await site.stop();
  }
}

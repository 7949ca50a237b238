import { renderError } from "#core/errors.ts";
import type { DrillPlan } from "../observability/drill/catalogue.ts";
import type { Act } from "./acts.ts";
import { type AlertPlaces, type AlertSubject, atAlertmanager, inHistory, inPrometheus, until } from "./alert-watch.ts";
import { mark } from "./mark.ts";
import type { Site } from "./site.ts";

/** What became of one alert of a drill. Seconds count from the disturbance, or from its end for what cleared. */
export interface AlertOutcome {
  readonly drill: string;
  readonly alert: string;
  readonly ok: boolean;
  readonly pendingAfterSeconds: number | undefined;
  readonly firedAfterSeconds: number | undefined;
  readonly clearedAfterSeconds: number | undefined;
  /** What did not happen. */
  readonly problem: string | undefined;
}

/** How a drill is run. */
export interface DrillRun {
  readonly site: Site;
  /** The configuration of the alert history. */
  readonly history: string;
  readonly signal: AbortSignal;
  /** Told each step, as it happens. */
  readonly say: (step: string) => void;
}

/** A drill whose disturbance is over. */
export interface Disturbed {
  /** Waits until its alerts are gone everywhere. */
  readonly cleared: () => Promise<readonly AlertOutcome[]>;
}

const SETTLE_MS = 60_000;
const FIRE_MS = 180_000;
const CLEAR_MS = 300_000;
const ARRIVE_MS = 60_000;
const MARK_MS = 30_000;

/**
 * Disturbs the world, waits until each alert of the drill has fired in Prometheus and arrived at Alertmanager and in the history, and
 * makes the world well again, whatever happened.
 *
 * @throws the signal's reason when it aborts, once the world is well again
 */
export async function disturb(plan: DrillPlan, act: Act, run: DrillRun): Promise<Disturbed> {
  const { site, say, signal } = run;
  const watches = plan.alerts.map((alert) => watchOf({ alert, job: plan.job }, { plan, run }));
  await act.prepare(site);
  const loud = act.begunBefore === true ? [] : await untilQuiet(watches, run);
  if (loud.length > 0) {
    const problem = "it fired before the drill began";
    return { cleared: async () => watches.map((watch) => watch.outcome(loud.includes(watch) ? problem : "the drill did not begin")) };
  }
  const { collector } = site.stack.endpoints;
  await mark(plan, { collector, phase: "started", signal: AbortSignal.any([signal, AbortSignal.timeout(MARK_MS)]) });
  say(plan.does);
  for (const watch of watches) watch.begin();
  let failure: string | undefined;
  try {
    await act.begin(site);
    await Promise.all(watches.map((watch) => watch.fired()));
  } catch (error) {
    signal.throwIfAborted();
    failure = renderError(error);
  } finally {
    say(plan.heals);
    for (const watch of watches) watch.heal();
    await act.heal(site);
    await mark(plan, { collector, phase: "ended", signal: AbortSignal.timeout(MARK_MS) });
  }
  return {
    cleared: async () => {
      if (failure === undefined) await Promise.all(watches.map((watch) => watch.cleared()));
      return watches.map((watch) => watch.outcome(failure));
    },
  };
}

async function untilQuiet(watches: readonly Watch[], { signal }: DrillRun): Promise<readonly Watch[]> {
  const quiet = await Promise.all(watches.map((watch) => watch.quiet()));
  signal.throwIfAborted();
  return watches.filter((_, index) => quiet[index] === false);
}

/** Follows one alert through a drill. */
interface Watch {
  readonly quiet: () => Promise<boolean>;
  readonly begin: () => void;
  readonly fired: () => Promise<void>;
  readonly heal: () => void;
  readonly cleared: () => Promise<void>;
  readonly outcome: (failure: string | undefined) => AlertOutcome;
}

function watchOf(subject: AlertSubject, { plan, run }: { readonly plan: DrillPlan; readonly run: DrillRun }): Watch {
  const { alert } = subject;
  const { signal, say, history } = run;
  const places: AlertPlaces = { ...run.site.stack.endpoints, history };
  const seen: { begunMs: number; healedMs: number; pending?: number; fired?: number; cleared?: number; problem?: string } = {
    begunMs: 0,
    healedMs: 0,
  };
  const within = (timeoutMs: number) => ({ timeoutMs, signal });
  const told = (): Promise<{ readonly firing: number; readonly resolved: number }> =>
    inHistory(subject, { history, sinceMs: seen.begunMs });
  const reaches = async (what: string, holds: () => Promise<boolean>, timeoutMs: number): Promise<boolean> => {
    if (seen.problem !== undefined) return false;
    if (await until(holds, within(timeoutMs))) return true;
    seen.problem = `${what} within ${timeoutMs / 1_000} s`;
    say(`${alert}: ${seen.problem}`);
    return false;
  };
  return {
    quiet: () => until(async () => (await inPrometheus(subject, places))?.state === "inactive", within(SETTLE_MS)),
    begin: () => {
      seen.begunMs = Date.now();
    },
    fired: async () => {
      const isFiring = async (): Promise<boolean> => {
        const sight = await inPrometheus(subject, places);
        if (sight?.activeAtMs !== undefined) seen.pending ??= secondsFrom(seen.begunMs, sight.activeAtMs);
        return sight?.state === "firing";
      };
      if (!(await reaches("did not fire", isFiring, FIRE_MS))) return;
      seen.fired = secondsFrom(seen.begunMs);
      say(`${alert} fires after ${seen.fired} s`);
      if (!(await reaches("did not arrive at Alertmanager", async () => (await atAlertmanager(subject, places)) === true, ARRIVE_MS)))
        return;
      await reaches("did not arrive in the history", async () => (await told()).firing > 0, ARRIVE_MS);
    },
    heal: () => {
      seen.healedMs = Date.now();
    },
    cleared: async () => {
      const isInactive = async (): Promise<boolean> => (await inPrometheus(subject, places))?.state === "inactive";
      if (!(await reaches("did not clear", isInactive, CLEAR_MS))) return;
      seen.cleared = secondsFrom(seen.healedMs);
      say(`${alert} clears after ${seen.cleared} s`);
      if (!(await reaches("did not leave Alertmanager", async () => (await atAlertmanager(subject, places)) === false, ARRIVE_MS))) return;
      await reaches("did not end in the history", async () => (await told()).resolved > 0, ARRIVE_MS);
    },
    outcome: (failure) => {
      const problem = seen.problem ?? failure;
      return {
        drill: plan.name,
        alert,
        ok: problem === undefined,
        pendingAfterSeconds: seen.pending,
        firedAfterSeconds: seen.fired,
        clearedAfterSeconds: seen.cleared,
        problem,
      };
    },
  };
}

function secondsFrom(beganMs: number, atMs: number = Date.now()): number {
  return Math.max(0, Math.round((atMs - beganMs) / 100) / 10);
}

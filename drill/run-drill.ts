import { renderError } from "#core/errors.ts";
import type { DrillPlan } from "../observability/drill/catalogue.ts";
import type { Act } from "./acts.ts";
import { type AlertSubject, activeAlerts, until } from "./alert-watch.ts";
import { mark } from "./mark.ts";
import { type Sign, signsOf } from "./signs.ts";
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
    const beside = await besideOf(plan, site.stack.endpoints);
    if (beside.length > 0) say(`beside it: ${beside.join(", ")}`);
  } catch (error) {
    signal.throwIfAborted();
    say(renderError(error));
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    say(plan.heals);
    for (const watch of watches) watch.heal();
    try {
      await act.heal(site);
    } finally {
      await mark(plan, { collector, phase: "ended", signal: AbortSignal.timeout(MARK_MS) });
    }
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

/** What else fires, so that whoever reads a page knows what comes with it. */
async function besideOf({ alerts }: DrillPlan, { prometheus }: { readonly prometheus: string }): Promise<readonly string[]> {
  const active = (await activeAlerts(prometheus)) ?? [];
  const loud = active.filter(({ state, labels }) => state === "firing" && labels["severity"] !== "none");
  return [...new Set(loud.map(({ labels }) => labels["alertname"] ?? ""))].filter((name) => !alerts.includes(name)).sort();
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
  const { signal, say, history, site } = run;
  const seen: { begunMs: number; healedMs: number; pending?: number; fired?: number; cleared?: number; problem?: string } = {
    begunMs: 0,
    healedMs: 0,
  };
  const signs = signsOf(subject, {
    places: { ...site.stack.endpoints, history },
    sinceMs: () => seen.begunMs,
    upended: plan.upended === true,
  });
  /** Whether every sign was seen in its turn; the first one may take long, the others only travel. */
  const sees = async ([first, ...others]: readonly Sign[], timeoutMs: number, onFirst: () => void): Promise<void> => {
    const all = first === undefined ? [] : [first, ...others];
    for (const [index, { missing, holds }] of all.entries()) {
      if (seen.problem !== undefined) return;
      const patience = { timeoutMs: index === 0 ? timeoutMs : ARRIVE_MS, signal };
      if (!(await until(holds, patience))) {
        seen.problem = `${missing} within ${patience.timeoutMs / 1_000} s`;
        say(`${alert} ${seen.problem}`);
      } else if (index === 0) onFirst();
    }
  };
  return {
    quiet: () => until(signs.quiet, { timeoutMs: SETTLE_MS, signal }),
    begin: () => {
      seen.begunMs = Date.now();
    },
    fired: () =>
      sees(signs.fired, FIRE_MS, () => {
        seen.fired = secondsFrom(seen.begunMs);
        const activeAtMs = signs.activeAtMs();
        if (activeAtMs !== undefined) seen.pending = secondsFrom(seen.begunMs, activeAtMs);
        say(`${alert} ${plan.upended === true ? "stops" : "fires"} after ${seen.fired} s`);
      }),
    heal: () => {
      seen.healedMs = Date.now();
    },
    cleared: () =>
      sees(signs.cleared, CLEAR_MS, () => {
        seen.cleared = secondsFrom(seen.healedMs);
        say(`${alert} ${plan.upended === true ? "fires again" : "clears"} after ${seen.cleared} s`);
      }),
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

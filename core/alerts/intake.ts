import { z } from "zod";
import { type Fault, sourceFaults } from "#contract/generated/shared.ts";
import type { Clock } from "#core/clock.ts";
import type { Json } from "#core/fact.ts";
import type { Intake, IntakeAnswer } from "#core/http.ts";
import type { Meter } from "#core/meter.ts";
import type { ReportedSeen } from "./observation.ts";

/** One report that waits to be written. */
export interface Waiting {
  readonly observations: readonly ReportedSeen[];
  /** Tells Alertmanager: true once it is durable, false to send it again. */
  readonly settle: (written: boolean) => void;
}

/** The webhook's side of the source. */
export interface AlertIntake extends Intake {
  /** Everything that waits, in order of arrival. */
  readonly take: () => readonly Waiting[];
  /** Resolves when something waits, or `signal` aborts. */
  readonly arrival: (signal: AbortSignal) => Promise<void>;
  /** Refuses everything from now on; Alertmanager keeps it and tries again. */
  readonly close: () => void;
  readonly open: () => void;
}

/** Reports are small and rare; so many at once mean that the ledger does not write. */
const MOST_WAITING = 200;
const payload = z.object({ alerts: z.array(z.unknown()).max(10_000) });

/**
 * Takes Alertmanager's webhook and answers once what it said is in the ledger: what is not acknowledged, Alertmanager sends again.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export function createIntake({ clock, meter }: { readonly clock: Clock; readonly meter: Meter }): AlertIntake {
  const waiting: Waiting[] = [];
  let isOpen = false;
  let wake = (): void => {};
  const refuse = (fault: Fault, status: 400 | 503): IntakeAnswer => {
    meter.count(sourceFaults.add({ fault }));
    return { status };
  };
  return {
    path: "/alertmanager",
    accept: async (body) => {
      const json = parseJson(body);
      if (json === undefined) return refuse("not_json", 400);
      const parsed = payload.safeParse(json);
      if (!parsed.success) return refuse("unknown", 400);
      if (!isOpen || waiting.length >= MOST_WAITING) return { status: 503 };
      const { alerts } = parsed.data;
      if (alerts.length === 0) return { status: 200 };
      const atMs = clock.nowMs();
      const observations = alerts.map((alert): ReportedSeen => ({ type: "reported", alert: alert as Json, atMs }));
      const written = await new Promise<boolean>((settle) => {
        waiting.push({ observations, settle });
        wake();
      });
      return { status: written ? 200 : 503 };
    },
    take: () => waiting.splice(0),
    arrival: async (signal) => {
      if (waiting.length > 0 || signal.aborted) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    },
    close: () => {
      isOpen = false;
      for (const { settle } of waiting.splice(0)) settle(false);
    },
    open: () => {
      isOpen = true;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

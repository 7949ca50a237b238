import type { Clock } from "#core/clock.ts";
import { type Log, onChange } from "#core/log.ts";
import type { Meter } from "#core/meter.ts";
import type { Source } from "#core/source.ts";
import { poll } from "./alertmanager.ts";
import type { AlertIntake } from "./intake.ts";
import type { AlertObservation } from "./observation.ts";

/** What the source works with. */
export interface SourceOptions {
  readonly alertmanager: string;
  readonly pollIntervalMs: number;
  readonly intake: AlertIntake;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/**
 * Two feeds: what Alertmanager sends, as it comes, and what it says when asked, at a steady pace. The second finds what the first has
 * missed while this process was down, and what Alertmanager sends to nobody because it is silenced or inhibited.
 *
 * Neither needs a cursor: what is known stands in the state.
 */
export function alertSource({ alertmanager, pollIntervalMs, intake, clock, log, meter }: SourceOptions): Source<AlertObservation> {
  return async function* (_, signal) {
    const say = onChange(log, "Alertmanager");
    let dueAtMs = clock.nowMs();
    intake.open();
    try {
      while (!signal.aborted) {
        const waiting = intake.take();
        try {
          // When it is pulled again, what it yielded is durable.
          if (waiting.length > 0)
            yield waiting.flatMap(({ observations }) => observations.map((observation) => ({ feed: "webhook", observation })));
          for (const { settle } of waiting) settle(true);
        } finally {
          for (const { settle } of waiting) settle(false);
        }
        if (clock.nowMs() >= dueAtMs) {
          const seen = await poll(alertmanager, { meter, signal });
          if (signal.aborted) return;
          say(seen === null ? `does not answer at ${alertmanager}` : undefined);
          const atMs = clock.nowMs();
          dueAtMs = atMs + pollIntervalMs;
          yield [{ feed: "poll", observation: seen === null ? { type: "tick", atMs } : { ...seen, atMs } }];
        }
        await untilNext({ dueAtMs, intake, clock }, signal);
      }
    } finally {
      intake.close();
    }
  };
}

async function untilNext(
  { dueAtMs, intake, clock }: { readonly dueAtMs: number; readonly intake: AlertIntake; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  await Promise.race([intake.arrival(either), clock.sleep(Math.max(0, dueAtMs - clock.nowMs()), either)]);
  over.abort();
}

import { z } from "zod";
import { duration, url } from "#core/config/types.ts";

/** What the alert history watches. */
export interface AlertsConfig {
  readonly alertmanager: string;
  readonly pollIntervalMs: number;
  /** How long an Alertmanager must have been up before an alert that it does not list counts as over. */
  readonly settleMs: number;
}

/** The section `alerts` of offing.yaml. */
export const alertsSchema: z.ZodType<AlertsConfig> = z
  .strictObject({
    alertmanager: url().prefault("http://127.0.0.1:9093"),
    // The poll is the loop's heartbeat, which counts as silent after a minute.
    poll_interval: duration({ atLeast: "100ms" })
      .prefault("15s")
      .refine((ms) => ms <= 30_000, { error: "must be at most 30s" }),
    settle: duration({ atLeast: "1s" }).prefault("3m"),
  })
  .prefault({})
  .transform(({ alertmanager, poll_interval, settle }) => ({ alertmanager, pollIntervalMs: poll_interval, settleMs: settle }));

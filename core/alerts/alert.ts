import { z } from "zod";
import { ALERT_SEVERITIES, type AlertSeverity, type AlertState } from "#contract/generated/shared.ts";
import { clean } from "#core/clean.ts";
import type { Json } from "#core/fact.ts";

/** One alert as Alertmanager tells it, by webhook or when asked. */
export interface Alert {
  readonly fingerprint: string;
  readonly status: AlertState;
  readonly startsAtMs: number;
  /** When it stopped; null while it fires. */
  readonly endsAtMs: number | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The alert that fires as long as Prometheus evaluates its rules; it is proof of life and no trouble, so it is no transition either. */
export const WATCHDOG = "OffingWatchdog";

const TEXT_LENGTH = 2_000;

const texts = z
  .record(z.string().max(200), z.string())
  .transform((record) => Object.fromEntries(Object.entries(record).map(([key, text]) => [key, clean(text, TEXT_LENGTH)])));
const moment = z.string().transform((text, context) => {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) context.addIssue({ code: "custom", message: "is no time" });
  return ms;
});
const alertShape = z.object({
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/u),
  status: z.union([z.enum(["firing", "resolved"]), z.object({ state: z.string() }).transform(() => "firing" as const)]),
  startsAt: moment,
  endsAt: moment,
  labels: texts,
  annotations: texts.default({}),
});

/**
 * Reads one alert of a webhook or of `GET /api/v2/alerts`, which lists those that fire.
 *
 * @throws ZodError for what is none
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export function readAlert(json: Json): Alert {
  const { fingerprint, status, startsAt, endsAt, labels, annotations } = alertShape.parse(json);
  return { fingerprint, status, startsAtMs: startsAt, endsAtMs: status === "firing" ? null : endsAt, labels, annotations };
}

/** The severity of a rule; what is none of ours is unknown. */
export function severityOf({ labels }: Pick<Alert, "labels">): AlertSeverity {
  return ALERT_SEVERITIES.find((severity) => severity === labels["severity"]) ?? "unknown";
}

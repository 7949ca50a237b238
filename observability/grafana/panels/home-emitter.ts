import { deadLetters, facts, heartbeatTimestamp, otlpItems, projectorLag, projectorLagAge } from "#contract/generated/shared.ts";
import { increase, lastOver, maxBy, secondsSince, selectorOf, sumBy } from "./promql.ts";
import { show } from "./query.ts";
import { type PlaceablePanel, stat } from "./toolkit.ts";

/** Whose line it is; `uid` is that of its own dashboard, where it has one. */
interface EmitterLine {
  readonly job: string;
  readonly name: string;
  readonly uid?: string;
}

/** One emitter's line on the home dashboard: alive, fresh, growing, and losing nothing. Its figures lead to its own dashboard. */
export function emitterLine({ job, name, uid }: EmitterLine): PlaceablePanel[] {
  const { series, net } = selectorOf({ job });
  const links = uid === undefined ? [] : [{ title: `${name} in full`, url: `/d/${uid}?\${__url_time_range}`, targetBlank: false }];
  const key = (part: string): string => `home-${job}-${part}`;
  const refused = series(otlpItems, { delivery: ["rejected", "dead_lettered"] });
  const setAside = series(deadLetters, { origin: { not: "projector" } });
  return [
    stat({
      key: key("heartbeat"),
      title: `${name}: last heartbeat`,
      description: "Whether this row is of now: seconds since the emitter's loop last turned, looked for within a day.",
      alert: "OffingEmitterSilent",
      links,
      queries: [show(secondsSince(lastOver(series(heartbeatTimestamp), "1d")), "{{instance}}")],
    }),
    stat({
      key: key("waiting"),
      title: `${name}: oldest fact waiting`,
      description: "How far the backends are behind the ledger.",
      alert: "OffingProjectorLagging",
      links,
      queries: [show(series(projectorLagAge), "{{instance}}")],
    }),
    stat({
      key: key("backlog"),
      title: `${name}: facts waiting`,
      description: "How many facts the Collector has not acknowledged. They are safe in the ledger.",
      links,
      queries: [show(maxBy(series(projectorLag), ["instance"]), "{{instance}}")],
    }),
    stat({
      key: key("facts"),
      title: `${name}: facts`,
      description: "What the ledger holds, less what was retracted. No data means that nothing was told, not that there is nothing.",
      links,
      queries: [show(sumBy(net(facts), ["instance"]), "{{instance}}")],
    }),
    stat({
      key: key("refused"),
      title: `${name}: refused within the hour`,
      description: "Telemetry that the Collector refused for good and that will never arrive.",
      links,
      queries: [show(sumBy(increase(refused, "1h"), ["instance"]), "{{instance}}")],
    }),
    stat({
      key: key("set-aside"),
      title: `${name}: set aside within the hour`,
      description: "What the world sent and nobody could use: kept as dead letters, each with its reason.",
      links,
      queries: [show(sumBy(increase(setAside, "1h"), ["instance"]), "{{instance}}")],
    }),
  ];
}

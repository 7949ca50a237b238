import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import { openLedger } from "#core/ledger/open.ts";
import { DATABASES, type TestDatabase } from "#core/ledger/testing/databases.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import type { Seen } from "#core/source.ts";
import { checkEmitter } from "#core/testing/check-emitter.ts";
import { replay } from "#core/testing/replay.ts";
import type { AlertTransitionFact } from "./facts.ts";
import { readHistory } from "./history.ts";
import { alertsEmitter } from "./main.ts";
import type { AlertObservation } from "./observation.ts";
import { polled, reported, T0 } from "./testing/told.ts";

const quiet = createLog({ level: "error", write: () => {} });
const create = () =>
  alertsEmitter(
    { alertmanager: "http://127.0.0.1:1", pollIntervalMs: 1_000, settleMs: 180_000 },
    { clock: systemClock, log: quiet, meter: createMeter() },
  );
const seen = (observation: AlertObservation): readonly Seen<AlertObservation>[] => [{ feed: observation.type, observation }];
const recorded = [
  reported(5, { id: 1, from: 0 }),
  reported(7, { id: 1, from: 0 }),
  polled(10, [
    { id: 1, from: 0 },
    { id: 2, name: "ChainHeadStalled", severity: "warning", from: 4 },
  ]),
  { type: "tick", atMs: T0 + 20_000 } as const,
  reported(65, { id: 1, from: 0, to: 60 }),
  polled(70, [{ id: 3, name: "OffingProjectorLagging", severity: "odd", from: 66 }]),
].map(seen);

checkEmitter("the alert history", { create, recorded, kinds: ["alert_transition"] });

describe.each(DATABASES)("the alert history on $name", ({ start }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await start();
  });
  afterAll(() => database.stop());

  it("says what fired in a time, what fired already, and counts the same by SQL as by its counters", async () => {
    const emitter = create();
    const { records, metrics } = emitter;
    const options = { location: database.place(), domain: "alerts", records, nowMs: systemClock.nowMs };
    const ledger = await openLedger<AlertTransitionFact>({ ...options, mode: "write" });
    try {
      const facts = replay(emitter, recorded).flatMap((step) => step.stored.map(({ fact }) => fact));
      await ledger.append({ facts, changes: [], cursors: new Map() });
      const between = await readHistory(ledger, { sinceMs: T0 + 3_000, untilMs: T0 + 70_000 });
      expect(between.openBefore.map(({ alertname }) => alertname)).toEqual(["ChainPsmBlocked"]);
      expect(
        between.transitions.map(({ alertname, status, firedSeconds, evidence }) => [alertname, status, firedSeconds, evidence]),
      ).toEqual([
        ["ChainHeadStalled", "firing", null, "polled"],
        ["ChainPsmBlocked", "resolved", 60, "reported"],
        ["OffingProjectorLagging", "firing", null, "polled"],
      ]);
      const after = await readHistory(ledger, { sinceMs: T0 + 3_600_000, untilMs: T0 + 7_200_000 });
      expect(after).toMatchObject({ openBefore: [{ alertname: "OffingProjectorLagging", severity: "unknown" }], transitions: [] });

      const counter = metrics.find(({ name }) => name === "offing.alerts.transitions");
      const rows = await ledger.select(counter?.ledger?.select ?? "", await ledger.head());
      const counted = rows.map((row) => [row["offing_alert_state"], row["offing_alert_severity"], Number(row["value"])]).sort();
      expect(counted).toEqual([
        ["firing", "critical", 1],
        ["firing", "unknown", 1],
        ["firing", "warning", 1],
        ["resolved", "critical", 1],
        ["resolved", "warning", 1],
      ]);
    } finally {
      await ledger.close();
    }
  });
});

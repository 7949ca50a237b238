import { expect, test } from "vitest";
import { State } from "#core/state.ts";
import { createInterpret, lastReport, openAlerts } from "./interpret.ts";
import type { AlertObservation } from "./observation.ts";
import { polled, reported, T0 } from "./testing/told.ts";

const SETTLE = { settleMs: 180_000 };

/** Each transition as `state@seconds evidence`. */
function transitions(observations: readonly AlertObservation[]): readonly string[] {
  const state = new State();
  const interpret = createInterpret(SETTLE);
  return observations
    .flatMap((observation) => interpret(state, observation))
    .map(({ status, timeMs, evidence }) => `${status}@${(timeMs - T0) / 1000} ${evidence}`);
}

test.each<[string, readonly AlertObservation[], readonly string[]]>([
  ["a report of an alert that fires", [reported(5, { from: 0 })], ["firing@0 reported"]],
  [
    "the same report again, and the poll beside it",
    [reported(5, { from: 0 }), reported(9, { from: 0 }), polled(10, [{ from: 0 }])],
    ["firing@0 reported"],
  ],
  ["its end", [reported(5, { from: 0 }), reported(65, { from: 0, to: 60 })], ["firing@0 reported", "resolved@60 reported"]],
  [
    "the end told twice, and the beginning once more after it",
    [reported(5, { from: 0 }), reported(65, { from: 0, to: 60 }), reported(70, { from: 0, to: 60 }), reported(71, { from: 0 })],
    ["firing@0 reported", "resolved@60 reported"],
  ],
  ["an end whose beginning was missed", [reported(65, { from: 0, to: 60 })], ["firing@0 reported", "resolved@60 reported"]],
  [
    "a second episode",
    [reported(65, { from: 0, to: 60 }), reported(95, { from: 90 })],
    ["firing@0 reported", "resolved@60 reported", "firing@90 reported"],
  ],
  ["an end of an episode before the open one", [reported(95, { from: 90 }), reported(96, { from: 0, to: 60 })], ["firing@90 reported"]],
  ["a beginning that only the poll knows", [polled(30, [{ from: 10 }])], ["firing@10 polled"]],
  ["an end that only the poll knows", [reported(5, { from: 0 }), polled(30, [])], ["firing@0 reported", "resolved@30 polled"]],
  ["absence without the Watchdog", [reported(5, { from: 0 }), polled(30, [], { watchdog: false })], ["firing@0 reported"]],
  ["absence from an Alertmanager that has just started", [reported(5, { from: 0 }), polled(200, [], { up: 100 })], ["firing@0 reported"]],
  [
    "absence from one that has been up long enough",
    [reported(5, { from: 0 }), polled(300, [], { up: 100 })],
    ["firing@0 reported", "resolved@300 polled"],
  ],
  [
    "a later start told by the same Alertmanager",
    [polled(10, [{ from: 0 }]), polled(60, [{ from: 50 }])],
    ["firing@0 polled", "resolved@50 polled", "firing@50 polled"],
  ],
  [
    "a later start told by one that forgot the first",
    [polled(10, [{ from: 0 }]), polled(60, [{ from: 50 }], { up: 20 })],
    ["firing@0 polled"],
  ],
  [
    "an episode that was taken for over and is listed again",
    [reported(5, { from: 0 }), polled(300, [], { up: 100 }), polled(330, [{ from: 0 }], { up: 100 })],
    ["firing@0 reported", "resolved@300 polled", "firing@330 polled"],
  ],
  ["the Watchdog, which is no trouble", [reported(5, { from: 0, name: "OffingWatchdog" }), polled(10, [])], []],
  ["silence", [{ type: "tick", atMs: T0 }], []],
])("%s", (_, observations, expected) => {
  expect(transitions(observations)).toEqual(expected);
});

test("alerts are kept apart by their fingerprint, and each keeps what it said when it began", () => {
  const state = new State();
  const interpret = createInterpret(SETTLE);
  interpret(
    state,
    polled(10, [
      { id: 1, from: 0 },
      { id: 2, name: "ChainHeadStalled", severity: "odd", from: 5 },
    ]),
  );
  interpret(state, reported(20, { id: 1, from: 0, to: 15 }));
  expect(openAlerts(state)).toMatchObject([{ name: "ChainHeadStalled", severity: "unknown", startedAtMs: T0 + 5_000 }]);
});

test("a report is a sign of life, also of the Watchdog; before the first one the history waits since it began to listen", () => {
  const state = new State();
  const interpret = createInterpret(SETTLE);
  const reportedAt = (observation: AlertObservation): number | undefined => {
    interpret(state, observation);
    const atMs = lastReport(state);
    return atMs === undefined ? undefined : (atMs - T0) / 1000;
  };
  expect(lastReport(state)).toBeUndefined();
  expect(
    [
      { type: "tick" as const, atMs: T0 + 5_000 },
      polled(10, []),
      reported(20, { from: 0, name: "OffingWatchdog" }),
      polled(30, []),
      reported(40, { from: 0 }),
    ].map(reportedAt),
  ).toEqual([5, 5, 20, 20, 40]);
});

test("what happened more than an hour before it was told counts as late", () => {
  const [began, ended] = createInterpret(SETTLE)(new State(), reported(4_000, { from: 0, to: 3_900 }));
  expect([began?.late, ended?.late]).toEqual([true, false]);
});

test.each([{ status: "firing" }, "text", null, { ...(reported(0, { from: 0 }).alert as object), startsAt: "yesterday" }])(
  "what is no alert is refused, to be kept as a dead letter: %j",
  (alert) => {
    expect(() => createInterpret(SETTLE)(new State(), { type: "reported", alert, atMs: T0 })).toThrow();
  },
);

import type { Bench } from "./bench.ts";
import { runPart } from "./part.ts";
import type { RecordAnswer, RecordOrder } from "./parts/record-activities.ts";
import { median } from "./statistics.ts";

const PART = new URL("./parts/record-activities.ts", import.meta.url);

/** What a node pays for each activity it records. */
export const nodeLibraryBench: Bench = {
  name: "node-library",
  what: "the node library's recorder, on and off, beside the same span, counter and histogram on the bare SDK",
  run: async ({ quick, signal, say }) => {
    const order: RecordOrder = {
      rounds: quick ? 7 : 25,
      activities: 2_000,
      offActivities: quick ? 200_000 : 1_000_000,
      operations: quick ? 200 : 1_000,
    };
    say(`${order.rounds} rounds of ${order.activities} activities`);
    const { recorderNs, bareNs, fullNs, offNs, on, off } = await runPart<RecordOrder, RecordAnswer>(PART, { order, signal });
    return {
      rows: [
        {
          figure: "activity recorded (target: 1.2 times the peer)",
          unit: "ns",
          ours: recorderNs,
          peer: { name: "bare OpenTelemetry SDK", values: bareNs },
          target: { atMost: 1.2 * median(bareNs) },
        },
        {
          figure: "activity recorded while the queue is full",
          unit: "ns",
          ours: fullNs,
          peer: { name: "bare OpenTelemetry SDK, queue emptied", values: bareNs },
        },
        { figure: "activity while off, beyond the call", unit: "ns", ours: offNs, target: { atMost: 50 } },
        { figure: "5 ms operation, p50, on", unit: "ms", ours: on.p50Ms, peer: { name: "off", values: off.p50Ms } },
        { figure: "5 ms operation, p99, on", unit: "ms", ours: on.p99Ms, peer: { name: "off", values: off.p99Ms } },
      ],
      notes: [
        "node-library: both keep spans and give them away between the rounds; 20 operations of 5 ms run at a time, delivery included.",
      ],
    };
  },
};

import type { Activity, NodeTelemetry, Recorder } from "./node-telemetry.ts";

const NOTHING = (): undefined => undefined;
const ACTIVITY: Activity<string> = { set: NOTHING, endsAs: NOTHING, link: NOTHING, ticket: NOTHING };
const record: Recorder<string> = (_name, _fields, work) => work(ACTIVITY);

/** Telemetry that is off: the work is called and nothing else is done. */
export const OFF: NodeTelemetry = {
  command: record,
  operation: { start: NOTHING, progress: NOTHING, end: NOTHING },
  // The functions of their own are needed: properties may not be hung on the one that all share.
  task: Object.assign(fresh(), { nextDelay: NOTHING }),
  syncStage: Object.assign(fresh(), { queueDepth: NOTHING, processed: NOTHING, succeeded: NOTHING }),
  network: Object.assign(fresh(), { peers: NOTHING }),
  repository: record,
  tripleStore: record,
  runtime: record,
  log: NOTHING,
  ticket: NOTHING,
  health: () => ({ queued: { traces: 0, logs: 0 }, dropped: { traces: 0, logs: 0 } }),
  scrapeUrl: undefined,
  shutdown: async () => {},
};

function fresh(): Recorder<string> {
  return (_name, _fields, work) => work(ACTIVITY);
}

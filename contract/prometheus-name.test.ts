import fc from "fast-check";
import { expect, test } from "vitest";
import { SIBLINGS, siblingName } from "#core/tally.ts";
import { prometheusLabel, prometheusName, prometheusSeries, type TranslatedMetric } from "./prometheus-name.ts";
import { siblingsOf } from "./resolve.ts";

type Row = readonly [prometheus: string, name: string, unit: string, instrument: TranslatedMetric["instrument"]];

/** The names the seeds fix, with the instruments that give them. */
const SEED_NAMES: readonly Row[] = [
  ["oracle_required_failures_total", "oracle.required.failures", "{failure}", "counter"],
  ["node_command_total", "node.command", "{command}", "counter"],
  ["node_command_duration_seconds", "node.command.duration", "s", "histogram"],
  ["node_operation_total", "node.operation", "{operation}", "counter"],
  ["node_operation_duration_seconds", "node.operation.duration", "s", "histogram"],
  ["node_task_runs_total", "node.task.runs", "{run}", "counter"],
  ["node_task_duration_seconds", "node.task.duration", "s", "histogram"],
  ["node_task_next_delay_seconds", "node.task.next_delay", "s", "gauge"],
  ["node_sync_stage_duration_seconds", "node.sync.stage.duration", "s", "histogram"],
  ["node_sync_queue_depth", "node.sync.queue_depth", "{item}", "gauge"],
  ["node_sync_kc_processed_total", "node.sync.kc_processed", "{kc}", "counter"],
  ["node_sync_last_success_unix", "node.sync.last_success.unix", "{unix_second}", "gauge"],
  ["node_network_requests_total", "node.network.requests", "{request}", "counter"],
  ["node_network_request_duration_seconds", "node.network.request.duration", "s", "histogram"],
  ["node_repository_query_duration_seconds", "node.repository.query.duration", "s", "histogram"],
  ["node_triple_store_query_duration_seconds", "node.triple_store.query.duration", "s", "histogram"],
];

/** What surprises: each was checked against the library, prometheus/otlptranslator 1.0.0. */
const TRAPS: readonly Row[] = [
  ["node_supply_total", "node.total.supply", "{token}", "counter"],
  ["node_total_supply", "node.total.supply", "{token}", "gauge"],
  ["node_last_success_seconds", "node.last_success", "s", "gauge"],
  ["node_seconds_left", "node.seconds.left", "s", "gauge"],
  ["node_fill_ratio", "node.fill", "1", "gauge"],
  ["node_fill_ratio", "node.ratio.fill", "1", "gauge"],
  ["node_fill", "node.fill", "1", "histogram"],
  ["node_fill_total", "node.fill", "1", "counter"],
  ["node_a_b", "node..a__b", "", "gauge"],
  ["node_rate_bytes_per_second", "node.rate", "By/s", "gauge"],
  ["node_rate_per_second", "node.rate", "{item}/s", "gauge"],
  ["node_used_percent", "node.used", "%", "gauge"],
  ["node_wait_milliseconds_total", "node.wait", "ms", "counter"],
  ["node_odd_furlongs", "node.odd", "furlongs", "gauge"],
  ["_2nd_try", "2nd.try", "", "gauge"],
];

test.for([...SEED_NAMES, ...TRAPS])("%s comes from %s in %s as a %s", ([prometheus, name, unit, instrument]) => {
  expect(prometheusName({ name, unit, instrument })).toBe(prometheus);
});

test.for([
  ["rpc.outcome", "rpc_outcome"],
  ["contract", "contract"],
  ["1st", "key_1st"],
  ["_own", "key_own"],
  ["__name__", "__name__"],
])("the key %s is the label %s", ([key = "", label]) => {
  expect(prometheusLabel(key)).toBe(label);
});

test("a histogram takes four names, others one", () => {
  expect(prometheusSeries({ name: "node.wait", unit: "s", instrument: "histogram" })).toEqual([
    "node_wait_seconds",
    "node_wait_seconds_bucket",
    "node_wait_seconds_count",
    "node_wait_seconds_sum",
  ]);
  expect(prometheusSeries({ name: "node.wait", unit: "s", instrument: "gauge" })).toEqual(["node_wait_seconds"]);
});

test("siblings are those the projector forms", () => {
  const metric = { name: "oracle.required.failures", unit: "{failure}", instrument: "counter" } as const;
  const annotations = { resource: "ledger", prometheus: { name: "oracle_required_failures_total" }, ledger: { select: "" } } as const;
  const siblings = siblingsOf({ ...metric, annotations });
  expect(siblings.map(({ prometheus }) => prometheus)).toEqual([
    "oracle_required_failures_late_total",
    "oracle_required_failures_retracted_total",
  ]);
  expect([metric.name, ...siblings.map(({ name }) => name)]).toEqual(SIBLINGS.map((sibling) => siblingName(metric.name, sibling)));
});

test("any name and unit give a name Prometheus takes", () => {
  const instrument = fc.constantFrom("counter", "gauge", "histogram");
  fc.assert(
    fc.property(fc.string(), fc.string(), instrument, (name, unit, kind) => {
      expect(prometheusName({ name: `a${name}`, unit, instrument: kind })).toMatch(/^[A-Za-z_:][A-Za-z0-9_:]*$/u);
    }),
    { numRuns: 500 },
  );
});

import {
  rpcDuration,
  rpcEndpointArchive,
  rpcEndpointBatch,
  rpcEndpointCapability,
  rpcEndpointErrorRatio,
  rpcEndpointFenced,
  rpcEndpointFinalized,
  rpcEndpointHead,
  rpcEndpointLag,
  rpcEndpointLatency,
  rpcEndpointPrimary,
  rpcEndpointTraceTime,
  rpcEndpointWell,
  rpcFailovers,
  rpcRequests,
} from "#contract/generated/shared.ts";
import { increase, quantile, rate, type Selector, sumBy, type Vector } from "./promql.ts";
import { show } from "./query.ts";
import { bars, type PlaceablePanel, timeseries } from "./toolkit.ts";

/** Panels of every emitter that asks JSON-RPC endpoints. */
export interface RpcPanels {
  readonly rpcRequests: PlaceablePanel;
  readonly rpcLatency: PlaceablePanel;
  /** Which endpoint is asked first, and everything the choice is made from, line by line. */
  readonly rpcEndpoints: PlaceablePanel[][];
}

/** Makes the panels of JSON-RPC endpoints for the emitter that `select` writes selectors for. */
export function rpcPanels(select: Selector): RpcPanels {
  return { ...requestPanels(select), rpcEndpoints: [choicePanels(select), inputPanels(select), capabilityPanels(select)] };
}

function requestPanels({ series, histogram }: Selector): Omit<RpcPanels, "rpcEndpoints"> {
  const buckets = histogram(rpcDuration, "bucket");
  const latency = (share: number): Vector<"method"> =>
    quantile(share, { buckets, unit: rpcDuration.unit, range: "$__rate_interval", by: ["method"] });
  return {
    rpcRequests: timeseries({
      key: "rpc-requests",
      title: "RPC requests",
      description: "What the emitter asks of the endpoints and how it ends. A rate near zero with a moving chain means a stuck source.",
      queries: [
        show(
          sumBy(rate(series(rpcRequests), "$__rate_interval"), ["provider", "method", "rpc.outcome"]),
          "{{provider}} {{method}} {{rpc_outcome}}",
        ),
      ],
    }),
    rpcLatency: timeseries({
      key: "rpc-latency",
      title: "RPC latency",
      description: "How long the endpoints take: median and 99th percentile by method. Slow traces are the usual cause of a lag.",
      queries: [show(latency(0.5), "p50 {{method}}"), show(latency(0.99), "p99 {{method}}")],
    }),
  };
}

function choicePanels({ series }: Selector): PlaceablePanel[] {
  return [
    timeseries({
      key: "rpc-primary",
      title: "Endpoint asked first",
      description: "Which endpoint is asked first: the line at 1. The trace of each failover holds all that led to it.",
      queries: [show(series(rpcEndpointPrimary), "{{provider}}")],
    }),
    timeseries({
      key: "rpc-fences",
      title: "Fenced endpoints",
      description:
        "What keeps an endpoint from being asked: another chain, finality that went backwards, a rest after faults, a head behind.",
      queries: [show(series(rpcEndpointFenced), "{{provider}} {{fence}}")],
    }),
    timeseries({
      key: "rpc-failovers",
      title: "Failovers",
      description: "How often another endpoint took the first place, and why. Many in a row mean that none of them is well.",
      draw: "bars",
      queries: [show(sumBy(increase(series(rpcFailovers), "$__rate_interval"), ["failover_reason"]), "{{failover_reason}}")],
    }),
  ];
}

function inputPanels({ series }: Selector): PlaceablePanel[] {
  return [
    timeseries({
      key: "rpc-lags",
      title: "How far the endpoints are behind",
      description: "Blocks below the best head of all endpoints, and each one's own head and finalized block where it is drawn large.",
      queries: [
        show(series(rpcEndpointLag), "{{provider}} behind"),
        show(series(rpcEndpointHead), "{{provider}} head"),
        show(series(rpcEndpointFinalized), "{{provider}} finalized"),
      ],
    }),
    timeseries({
      key: "rpc-latencies",
      title: "Endpoint latency of late",
      description: "How fast each endpoint answers, all methods together, the newest answers weighing most.",
      queries: [show(series(rpcEndpointLatency), "{{provider}}")],
    }),
    timeseries({
      key: "rpc-errors",
      title: "Endpoint errors of late",
      description: "The share of each endpoint's answers that could not be used. From one half on another one is asked first.",
      queries: [show(series(rpcEndpointErrorRatio), "{{provider}}")],
    }),
    timeseries({
      key: "rpc-well",
      title: "How long the endpoints have been well",
      description: "Time since the last fault of each endpoint. After five minutes an earlier one takes its place back.",
      queries: [show(series(rpcEndpointWell), "{{provider}}")],
    }),
  ];
}

function capabilityPanels({ series }: Selector): PlaceablePanel[] {
  return [
    bars({
      key: "rpc-capabilities",
      title: "Methods the endpoints have",
      description: "Which endpoint has which of the methods that not every node has. Without any trace method reasons are guessed.",
      queries: [show(series(rpcEndpointCapability), "{{provider}} {{method}}")],
    }),
    bars({
      key: "rpc-archive",
      title: "State the endpoints keep",
      description:
        "How many blocks below its head an endpoint still answers about state, as far as it was asked. A backfill needs the most.",
      queries: [show(series(rpcEndpointArchive), "{{provider}}")],
    }),
    bars({
      key: "rpc-batch",
      title: "Batches the endpoints answer",
      description: "The largest JSON-RPC batch that each endpoint answered whole, of those tried once after the start.",
      queries: [show(series(rpcEndpointBatch), "{{provider}}")],
    }),
    bars({
      key: "rpc-trace-time",
      title: "How long the endpoints let a trace run",
      description:
        "The longest trace each endpoint answered, and the shortest after which it gave up. Given up below rpc.timeout: its own limit is short.",
      queries: [show(series(rpcEndpointTraceTime), "{{provider}} {{trace_end}}")],
    }),
  ];
}

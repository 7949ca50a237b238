import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import type { CollectionResult, MetricReader, ResourceMetrics } from "@opentelemetry/sdk-metrics";
import * as node from "#contract/generated/node.ts";
import * as shared from "#contract/generated/shared.ts";
import type { MetricDefinition } from "#core/signal.ts";
import type { MetricsSettings } from "./settings.ts";

/** The scrape endpoint `/metrics`. */
export interface Scrape {
  readonly reader: MetricReader;
  /** Listens; resolves to the URL. @throws what the socket fails with, such as EADDRINUSE */
  readonly listen: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Serves the SDK's metrics under the names that the contract promises and the OTLP path gives. */
export function createScrape({ host, port, token }: NonNullable<MetricsSettings["scrape"]>): Scrape {
  const reader = new ContractNames({ preventServerStart: true, withoutScopeInfo: true, withoutTargetInfo: true });
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (token !== undefined && !isBearer(request.headers.authorization, token.reveal())) {
      response.writeHead(401, { "www-authenticate": "Bearer" }).end();
    } else if (request.url?.split("?")[0] !== "/metrics") {
      response.writeHead(404).end();
    } else {
      reader.getMetricsRequestHandler(request, response);
    }
  };
  const server = createServer(answer).unref();
  return {
    reader,
    listen: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host, port }, () => {
          const { address, port: bound, family } = server.address() as AddressInfo;
          resolve(`http://${family === "IPv6" ? `[${address}]` : address}:${bound}/metrics`);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function isBearer(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

const NAMES: ReadonlyMap<string, string> = new Map(
  Object.values({ ...shared, ...node })
    .filter((value): value is typeof value & MetricDefinition => typeof value === "object" && "prometheus" in value)
    .map(({ name, prometheus }) => [name, prometheus]),
);

/** The exporter writes instrument names without their units; the contract knows the whole name. */
class ContractNames extends PrometheusExporter {
  override async collect(): Promise<CollectionResult> {
    const { resourceMetrics, errors } = await super.collect();
    return { resourceMetrics: renamed(resourceMetrics), errors };
  }
}

function renamed(metrics: ResourceMetrics): ResourceMetrics {
  const scopeMetrics = metrics.scopeMetrics.map(({ scope, metrics: inside }) => ({
    scope,
    metrics: inside.map((metric) => {
      const { descriptor } = metric;
      return { ...metric, descriptor: { ...descriptor, name: NAMES.get(descriptor.name) ?? descriptor.name, unit: "" } };
    }),
  }));
  return { ...metrics, scopeMetrics };
}

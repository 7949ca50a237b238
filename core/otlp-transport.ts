import { grpcTransport } from "#core/otlp-grpc.ts";
import { httpTransport } from "#core/otlp-http.ts";
import type { OtlpSignal } from "#core/otlp-proto.ts";

/** How OTLP travels; the names are those of OTEL_EXPORTER_OTLP_PROTOCOL. */
export type OtlpProtocol = "http/protobuf" | "grpc";

/** What TLS is done with, as PEM; the system's authorities when `ca` is left out. */
export interface TlsFiles {
  readonly ca?: string;
  /** Our own certificate and key, for a receiver that asks for one. */
  readonly cert?: string;
  readonly key?: string;
}

/** One receiver and how it is reached. */
export interface Route {
  /** https is TLS, http is plain text. For HTTP a base URL, for gRPC scheme, host and port. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** http/protobuf when left out. */
  readonly protocol?: OtlpProtocol;
  readonly tls?: TlsFiles;
  /** none when left out. */
  readonly compression?: "none" | "gzip";
}

/** What a receiver made of one request. */
export type Reply =
  /** Queued, but for `rejected` items that must not be sent again. */
  | { readonly kind: "taken"; readonly rejected: number }
  /** The items are refused for good. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Nothing was queued, and the same request may be taken later. */
  | { readonly kind: "later"; readonly reason: string; readonly waitMs?: number; readonly cause?: unknown };

/** One way to a receiver. */
export interface Transport {
  /** What is sent of a request: made once, sent as often as it takes. */
  readonly frame: (request: Buffer) => Buffer;
  /** Sends one body; never throws for what the network or the receiver does. */
  readonly send: (signal: OtlpSignal, body: Buffer, abort: AbortSignal) => Promise<Reply>;
}

/** Opens the way that a route describes; nothing is connected yet. */
export function createTransport(route: Route): Transport {
  return route.protocol === "grpc" ? grpcTransport(route) : httpTransport(route);
}

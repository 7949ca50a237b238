import { type ClientHttp2Session, connect, constants } from "node:http2";
import { gzipSync } from "node:zlib";
import { codeOf, rejectedOf } from "#core/otlp-http.ts";
import type { OtlpSignal } from "#core/otlp-proto.ts";
import type { Reply, Route, Transport } from "#core/otlp-transport.ts";

const METHODS: Readonly<Record<OtlpSignal, string>> = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
};

/**
 * OTLP/gRPC: three unary methods on one HTTP/2 connection, which is opened anew when it has gone.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export function grpcTransport(route: Route): Transport {
  const gzip = route.compression === "gzip";
  let session: ClientHttp2Session | undefined;
  const open = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    session = connect(new URL(route.url).origin, route.tls ?? {});
    // The request that meets the fault reports it; without a listener it would end the process.
    session.on("error", () => {});
    // An idle connection keeps no process alive.
    session.unref();
    return session;
  };
  return {
    frame: (request) => frame(gzip ? gzipSync(request) : request, gzip),
    send: async (signal, body, abort) => {
      const within = AbortSignal.any([abort, AbortSignal.timeout(route.timeoutMs)]);
      try {
        return replyOf(await call(open(), { headers: headersOf(route, METHODS[signal], gzip), body, signal: within }));
      } catch (cause) {
        // A connection that never came up, or that hangs, is not worth keeping.
        session?.destroy();
        return { kind: "later", reason: `the Collector does not answer${codeOf(cause)}`, cause };
      }
    },
  };
}

function headersOf({ headers, timeoutMs }: Route, path: string, gzip: boolean): Readonly<Record<string, string>> {
  return {
    // HTTP/2 knows lower-case names only.
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    "grpc-timeout": `${timeoutMs}m`,
    ...(gzip && { "grpc-encoding": "gzip" }),
  };
}

interface GrpcAnswer {
  /** Null when the receiver gave none: it is no gRPC server. */
  readonly status: number | null;
  readonly httpStatus: number;
  readonly message: string;
  readonly body: Buffer;
}

interface GrpcCall {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly signal: AbortSignal;
}

function call(session: ClientHttp2Session, { headers, body, signal }: GrpcCall): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const seen: Record<string, unknown> = {};
    session.ref();
    session.once("error", reject);
    const stream = session.request(headers, { signal });
    stream.on("response", (answered) => void Object.assign(seen, answered));
    stream.on("trailers", (answered) => void Object.assign(seen, answered));
    stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
    stream.once("error", reject);
    stream.once("close", () => {
      session.off("error", reject);
      session.unref();
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR && seen["grpc-status"] === undefined) reject(new Error(`reset ${stream.rstCode}`));
      const status = seen["grpc-status"] === undefined ? null : Number(seen["grpc-status"]);
      resolve({ status, httpStatus: Number(seen[":status"] ?? 0), message: said(seen["grpc-message"]), body: Buffer.concat(chunks) });
    });
    stream.end(body);
  });
}

const [OK, CANCELLED, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, PERMISSION_DENIED] = [0, 1, 3, 4, 5, 7];
const [RESOURCE_EXHAUSTED, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, UNAVAILABLE, DATA_LOSS, UNAUTHENTICATED] = [8, 10, 11, 12, 14, 15, 16];
/** What OTLP calls retryable, and what speaks of who asks and where rather than of the items. */
const LATER = [
  ...[CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS],
  ...[NOT_FOUND, PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED],
];

function replyOf({ status, httpStatus, message, body }: GrpcAnswer): Reply {
  if (status === null) return { kind: "later", reason: `the answer is not gRPC (HTTP ${httpStatus})` };
  if (status === OK) return { kind: "taken", rejected: rejectedOf(body.subarray(5)) };
  const reason = `the Collector answered gRPC status ${status}${message === "" ? "" : `: ${message.slice(0, 200)}`}`;
  // The one exhaustion that waiting does not mend; halving does.
  const tooLarge = status === RESOURCE_EXHAUSTED && /larger than max/.test(message);
  return { kind: LATER.includes(status) && !tooLarge && status !== INVALID_ARGUMENT ? "later" : "refused", reason };
}

/** gRPC writes its message percent-encoded. */
function said(message: unknown): string {
  const text = String(message ?? "");
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** One message of a stream: a byte that says whether it is compressed, its length, itself. */
function frame(message: Buffer, compressed: boolean): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

import { Agent } from "node:https";
import { gzipSync } from "node:zlib";
import { refusalIn, rejectedIn } from "#core/otlp-answer.ts";
import { type PostAnswer, postProtobuf } from "#core/otlp-post.ts";
import type { Reply, Route, Transport } from "#core/otlp-transport.ts";

/**
 * OTLP/HTTP.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 */
export function httpTransport({ url, headers, timeoutMs, tls, compression }: Route): Transport {
  const agent = tls === undefined ? undefined : new Agent({ keepAlive: true, ...tls });
  const gzip = compression === "gzip";
  const base = url.replace(/\/+$/, "");
  const all = { ...headers, ...(gzip && { "content-encoding": "gzip" }) };
  return {
    frame: (request) => (gzip ? gzipSync(request) : request),
    send: async (signal, body, abort) => {
      try {
        const within = AbortSignal.any([abort, AbortSignal.timeout(timeoutMs)]);
        return replyOf(await postProtobuf(`${base}/v1/${signal}`, { headers: all, body, signal: within, agent }));
      } catch (cause) {
        return { kind: "later", reason: `the Collector does not answer${codeOf(cause)}`, cause };
      }
    },
  };
}

/** What a connection failed with, such as a certificate that nobody vouches for; empty when it was merely slow. */
export function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? ` (${cause.code})` : "";
}

/** These speak of who asks and where, not of the items: with the right token or path the same items will be taken. */
const ABOUT_THE_REQUEST = [401, 403, 404, 407];

function replyOf(answer: PostAnswer): Reply {
  const { status, contentType, body } = answer;
  const ok = status >= 200 && status < 300;
  if (ok && contentType.includes("protobuf")) return { kind: "taken", rejected: rejectedOf(body) };
  // A login page or a proxy that says 200 has queued nothing, and neither has one that points elsewhere.
  if (ok || status < 400) return { kind: "later", reason: ok ? "the answer is not OTLP" : `the Collector answered ${status}, a redirect` };
  const said = refusalIn(answer).slice(0, 200);
  const reason = `the Collector answered ${status}${said === "" ? "" : `: ${said}`}`;
  if (status === 408 || status === 429 || status >= 500) return { kind: "later", reason, waitMs: retryAfterMs(answer) };
  return { kind: ABOUT_THE_REQUEST.includes(status) ? "later" : "refused", reason };
}

/** How many items a partial success names; a body that cannot be read means that all were taken. */
export function rejectedOf(body: Buffer): number {
  try {
    return rejectedIn(body);
  } catch {
    return 0;
  }
}

/** `Retry-After` in seconds or as a date, capped so that a wrong one cannot stop the projector. */
function retryAfterMs({ retryAfter }: Pick<PostAnswer, "retryAfter">): number {
  if (retryAfter === undefined) return 0;
  const seconds = Number(retryAfter);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 60_000) : 0;
}

import { type Clock, systemClock } from "#core/clock.ts";
import { OffingError } from "#core/errors.ts";
import { type PostAnswer, postProtobuf } from "#core/otlp-post.ts";
import { encodeRequest, type OtlpItem, type OtlpSignal, refusalIn, rejectedIn } from "#core/otlp-proto.ts";
import { backoffMs } from "#core/retry.ts";
import type { Attributes } from "#core/signal.ts";

/** Where telemetry goes, and with what credentials. */
export interface OtlpOptions {
  /** Base URL of an OTLP/HTTP receiver, such as http://127.0.0.1:4318. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly clock?: Clock;
  /** Told of every count as it happens, for the process's own metrics and log. */
  readonly onDelivery?: (event: DeliveryEvent) => void;
}

/** Something that happened on the way to the Collector. */
export interface DeliveryEvent {
  readonly signal: OtlpSignal;
  readonly delivery: "acknowledged" | "rejected" | "retried" | "dead_lettered";
  readonly count: number;
  readonly error?: OffingError;
}

/** What became of the items of one `send`. */
export interface Delivery {
  readonly acknowledged: number;
  /** Named by a partial success: counted, never resent, as OTLP demands. */
  readonly rejected: number;
  /** Refused for good, each with the receiver's reason. */
  readonly dead: readonly { readonly item: OtlpItem; readonly reason: string }[];
  /** How often a request had to be sent again. */
  readonly retries: number;
}

/** What one `send` carries. */
export interface Shipment {
  readonly signal: OtlpSignal;
  readonly resource: Attributes;
  readonly items: readonly OtlpItem[];
  readonly abort: AbortSignal;
  /** `wait` keeps trying until acknowledged or aborted; `once` gives up at the first passing fault. */
  readonly patience: "wait" | "once";
}

/** Delivers items to one OTLP/HTTP receiver. */
export interface OtlpClient {
  /** @throws COLLECTOR_UNREACHABLE when aborted while waiting, or at once with patience `once` */
  readonly send: (shipment: Shipment) => Promise<Delivery>;
}

/** A receiver takes 20 MB; this keeps a request small enough to bisect and to hold a few at once. */
const MAX_BODY_BYTES = 4_000_000;
const MAX_ITEMS = 5_000;
const PARALLEL_REQUESTS = 3;
const BACKOFF = { firstMs: 100, capMs: 5_000 };

/**
 * A client that loses nothing silently: 408, 429, 5xx and network errors are retried, any other 4xx is bisected down to the one item the
 * receiver refuses for good, and a partial success is counted and not resent.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 */
export function createOtlpClient(options: OtlpOptions): OtlpClient {
  return {
    send: async (shipment) => {
      const total = { acknowledged: 0, rejected: 0, dead: [] as { item: OtlpItem; reason: string }[], retries: 0 };
      const queue = split(shipment.items);
      const lanes = shipment.signal === "metrics" ? 1 : PARALLEL_REQUESTS;
      const lane = async (): Promise<void> => {
        for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) {
          const delivery = await deliver(options, { ...shipment, items: chunk });
          total.acknowledged += delivery.acknowledged;
          total.rejected += delivery.rejected;
          total.dead.push(...delivery.dead);
          total.retries += delivery.retries;
        }
      };
      await Promise.all(Array.from({ length: Math.min(lanes, queue.length) }, lane));
      return total;
    },
  };
}

/** Sends one chunk; halves it for as long as the receiver refuses it for good. */
async function deliver(options: OtlpOptions, shipment: Shipment): Promise<Delivery> {
  const { signal, items } = shipment;
  const answer = await post(options, shipment);
  if (answer.refusal === undefined) {
    const acknowledged = items.length - answer.rejected;
    options.onDelivery?.({ signal, delivery: "acknowledged", count: acknowledged });
    if (answer.rejected > 0) options.onDelivery?.({ signal, delivery: "rejected", count: answer.rejected });
    return { acknowledged, rejected: answer.rejected, dead: [], retries: answer.retries };
  }
  const [only] = items;
  if (items.length === 1 && only !== undefined) {
    options.onDelivery?.({ signal, delivery: "dead_lettered", count: 1, error: answer.refusal });
    return { acknowledged: 0, rejected: 0, dead: [{ item: only, reason: answer.refusal.message }], retries: answer.retries };
  }
  const middle = Math.ceil(items.length / 2);
  const first = await deliver(options, { ...shipment, items: items.slice(0, middle) });
  const second = await deliver(options, { ...shipment, items: items.slice(middle) });
  return {
    acknowledged: first.acknowledged + second.acknowledged,
    rejected: first.rejected + second.rejected,
    dead: [...first.dead, ...second.dead],
    retries: answer.retries + first.retries + second.retries,
  };
}

interface Answer {
  readonly rejected: number;
  readonly refusal?: OffingError;
  readonly retries: number;
}

/** Posts one request until it is answered for good. */
async function post(options: OtlpOptions, shipment: Shipment): Promise<Answer> {
  const clock = options.clock ?? systemClock;
  const body = encodeRequest(shipment.signal, shipment.resource, shipment.items);
  for (let retries = 0; ; retries += 1) {
    const { answer, error, waitMs } = await attempt(options, shipment, body);
    if (answer !== undefined) return { ...answer, retries };
    options.onDelivery?.({ signal: shipment.signal, delivery: "retried", count: shipment.items.length, error });
    if (shipment.patience === "once" || shipment.abort.aborted) throw error;
    await clock.sleep(Math.max(waitMs, backoffMs(retries + 1, BACKOFF)), shipment.abort);
    if (shipment.abort.aborted) throw error;
  }
}

type Attempt =
  | { readonly answer: Omit<Answer, "retries">; readonly error?: never; readonly waitMs?: never }
  | { readonly answer?: never; readonly error: OffingError; readonly waitMs: number };

async function attempt(options: OtlpOptions, shipment: Shipment, body: Buffer): Promise<Attempt> {
  const url = `${options.url.replace(/\/+$/, "")}/v1/${shipment.signal}`;
  const context = { url, signal: shipment.signal, items: shipment.items.length };
  const unreachable = (message: string, more: { readonly cause?: unknown; readonly waitMs?: number } = {}): Attempt => {
    const { cause, waitMs = 0 } = more;
    return { error: new OffingError("COLLECTOR_UNREACHABLE", { message, context, cause }), waitMs };
  };
  try {
    const signal = AbortSignal.any([shipment.abort, AbortSignal.timeout(options.timeoutMs)]);
    const { status, contentType, body: answered, ...answer } = await postProtobuf(url, { headers: options.headers, body, signal });
    const ok = status >= 200 && status < 300;
    if (ok && contentType.includes("protobuf")) return { answer: { rejected: Math.min(rejectedOf(answered), shipment.items.length) } };
    // A login page or a proxy that says 200 has queued nothing, and neither has one that points elsewhere.
    if (ok || status < 400) return unreachable(ok ? "the answer is not OTLP" : `the Collector answered ${status}, a redirect`);
    const said = refusalIn({ contentType, body: answered }).slice(0, 200);
    const message = `the Collector answered ${status}${said === "" ? "" : `: ${said}`}`;
    if (status === 408 || status === 429 || status >= 500) return unreachable(message, { waitMs: retryAfterMs(answer) });
    return { answer: { rejected: 0, refusal: new OffingError("COLLECTOR_REFUSED", { message, context }) } };
  } catch (cause) {
    return unreachable("the Collector does not answer", { cause });
  }
}

/** How many items a partial success names; a body that cannot be read means that all were taken. */
function rejectedOf(body: Buffer): number {
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

function split(items: readonly OtlpItem[]): OtlpItem[][] {
  const chunks: OtlpItem[][] = [];
  let chunk: OtlpItem[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = item.bytes.length;
    if (chunk.length > 0 && (bytes + size > MAX_BODY_BYTES || chunk.length >= MAX_ITEMS)) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(item);
    bytes += size;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

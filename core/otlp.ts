import { type Clock, systemClock } from "#core/clock.ts";
import { OffingError } from "#core/errors.ts";
import { countOf, halvesOf, requestsOf } from "#core/otlp-pieces.ts";
import { encodeRequest, type OtlpPiece, type OtlpSignal } from "#core/otlp-proto.ts";
import { createTransport, type Reply, type Route, type Transport } from "#core/otlp-transport.ts";
import { type Redaction, redactAttributes, redactPiece } from "#core/redact.ts";
import { backoffMs } from "#core/retry.ts";
import type { Attributes } from "#core/signal.ts";

/** Where telemetry goes, how, and with what credentials. */
export interface OtlpOptions extends Route {
  /** Takes away what may not leave the host; everything goes when left out. */
  readonly redaction?: Redaction;
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
  /** Refused for good, one item each, with the receiver's reason. */
  readonly dead: readonly { readonly item: OtlpPiece; readonly reason: string }[];
  /** How often a request had to be sent again. */
  readonly retries: number;
}

/** What one `send` carries. */
export interface Shipment {
  readonly signal: OtlpSignal;
  readonly resource: Attributes;
  readonly items: readonly OtlpPiece[];
  readonly abort: AbortSignal;
  /** `wait` keeps trying until acknowledged or aborted; `once` gives up at the first passing fault. */
  readonly patience: "wait" | "once";
}

/** Delivers items to one OTLP receiver. */
export interface OtlpClient {
  /** @throws COLLECTOR_UNREACHABLE when aborted while waiting, or at once with patience `once` */
  readonly send: (shipment: Shipment) => Promise<Delivery>;
}

/** A receiver takes 20 MB; this keeps a request small enough to bisect and to hold a few at once. */
const BOUNDS = { bytes: 4_000_000, items: 5_000 };
const PARALLEL_REQUESTS = 3;
const BACKOFF = { firstMs: 100, capMs: 5_000 };

/**
 * A client that loses nothing silently: 408, 429, 5xx and network errors are retried, any other 4xx is bisected down to the one item the
 * receiver refuses for good, and a partial success is counted and not resent.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 */
export function createOtlpClient(options: OtlpOptions): OtlpClient {
  const way: Way = { options, transport: createTransport(options) };
  return {
    send: async (shipment) => {
      const total = { acknowledged: 0, rejected: 0, dead: [] as { item: OtlpPiece; reason: string }[], retries: 0 };
      const queue = requestsOf(shipment.items, BOUNDS);
      const lanes = shipment.signal === "metrics" ? 1 : PARALLEL_REQUESTS;
      const lane = async (): Promise<void> => {
        for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) {
          const delivery = await deliver(way, { ...shipment, items: chunk });
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

/** What every request of one client shares. */
interface Way {
  readonly options: OtlpOptions;
  readonly transport: Transport;
}

/** Sends one chunk; halves it for as long as the receiver refuses it for good. */
async function deliver(way: Way, shipment: Shipment): Promise<Delivery> {
  const { signal, items } = shipment;
  const { options } = way;
  const answer = await post(way, shipment);
  const count = countOf(items);
  if (answer.refusal === undefined) {
    const acknowledged = count - answer.rejected;
    options.onDelivery?.({ signal, delivery: "acknowledged", count: acknowledged });
    if (answer.rejected > 0) options.onDelivery?.({ signal, delivery: "rejected", count: answer.rejected });
    return { acknowledged, rejected: answer.rejected, dead: [], retries: answer.retries };
  }
  const [only] = items;
  if (count === 1 && only !== undefined) {
    options.onDelivery?.({ signal, delivery: "dead_lettered", count: 1, error: answer.refusal });
    return { acknowledged: 0, rejected: 0, dead: [{ item: only, reason: answer.refusal.message }], retries: answer.retries };
  }
  const [before, behind] = halvesOf(items);
  const first = await deliver(way, { ...shipment, items: before });
  const second = await deliver(way, { ...shipment, items: behind });
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
async function post({ options, transport }: Way, shipment: Shipment): Promise<Answer> {
  const { clock = systemClock, onDelivery } = options;
  const { signal, items, abort } = shipment;
  const body = transport.frame(requestOf(shipment, options.redaction));
  for (let retries = 0; ; retries += 1) {
    const reply = await transport.send(signal, body, abort);
    if (reply.kind === "taken") return { rejected: Math.min(reply.rejected, countOf(items)), retries };
    const error = errorOf(reply, options.url, shipment);
    if (reply.kind === "refused") return { rejected: 0, refusal: error, retries };
    onDelivery?.({ signal, delivery: "retried", count: countOf(items), error });
    if (shipment.patience === "once" || abort.aborted) throw error;
    await clock.sleep(Math.max(reply.waitMs ?? 0, backoffMs(retries + 1, BACKOFF)), abort);
    if (abort.aborted) throw error;
  }
}

/** The bytes of one request, without what may not leave the host. */
export function requestOf({ signal, resource, items }: Pick<Shipment, "signal" | "resource" | "items">, redaction?: Redaction): Buffer {
  if (redaction === undefined) return encodeRequest(signal, resource, items);
  return encodeRequest(
    signal,
    redactAttributes(resource, redaction),
    items.map((item) => redactPiece(signal, item, redaction)),
  );
}

function errorOf(reply: Exclude<Reply, { kind: "taken" }>, url: string, { signal, items }: Shipment): OffingError {
  const context = { url: originOf(url), signal, items: countOf(items) };
  if (reply.kind === "refused") return new OffingError("COLLECTOR_REFUSED", { message: reply.reason, context });
  return new OffingError("COLLECTOR_UNREACHABLE", { message: reply.reason, context, cause: reply.cause });
}

/** A managed backend's path may hold a key. */
function originOf(url: string): string {
  return URL.parse(url)?.origin ?? "(no URL)";
}

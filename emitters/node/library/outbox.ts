import type { DropReason } from "#contract/generated/node.ts";
import type { Clock } from "#core/clock.ts";
import type { OtlpClient } from "#core/otlp.ts";
import type { OtlpPiece, OtlpSignal } from "#core/otlp-proto.ts";
import type { Attributes } from "#core/signal.ts";

/** Keeps what is to be delivered, in order and within a bound, and delivers it in the background. */
export interface Outbox<T> {
  /** Takes one item; at the bound the oldest one goes and is counted. Costs an array write. */
  readonly push: (item: T) => void;
  /** Items that wait or are on their way. */
  readonly depth: () => number;
  /** Delivers what waits and ends; what `abort` leaves behind is counted. Resolves to the number of items left behind. */
  readonly close: (abort: AbortSignal) => Promise<number>;
}

/** What an outbox needs. */
export interface OutboxOptions<T> {
  readonly signal: OtlpSignal;
  readonly client: OtlpClient;
  readonly resource: Attributes;
  readonly encode: (item: T) => OtlpPiece;
  /** Items that may wait. */
  readonly bound: number;
  /** Items of one request. */
  readonly batch: number;
  readonly delayMs: number;
  readonly clock: Clock;
  readonly onDropped: (reason: DropReason, count: number) => void;
}

/** Starts an outbox. Delivery waits and tries again for as long as the Collector is away; nothing here throws into the node. */
export function startOutbox<T>(options: OutboxOptions<T>): Outbox<T> {
  const { bound, batch, delayMs, clock, onDropped } = options;
  const ring = new Ring<T>(bound);
  const abort = new AbortController();
  let closing = false;
  let inFlight = 0;
  let left = 0;
  let wake = new AbortController();
  const send = async (): Promise<void> => {
    const items = ring.take(batch);
    inFlight = items.length;
    left += await deliver(options, { items, abort: abort.signal });
    inFlight = 0;
  };
  const loop = async (): Promise<void> => {
    for (;;) {
      if (ring.size < batch && !closing) await clock.sleep(delayMs, wake.signal);
      while (ring.size > 0 && !abort.signal.aborted) await send();
      if (closing) return;
      if (wake.signal.aborted) wake = new AbortController();
    }
  };
  const running = loop();
  return {
    push: (item) => {
      if (!ring.push(item)) onDropped("queue_full", 1);
      if (ring.size === batch) wake.abort();
    },
    depth: () => ring.size + inFlight,
    close: async (deadline) => {
      closing = true;
      wake.abort();
      const giveUp = (): void => abort.abort();
      deadline.addEventListener("abort", giveUp, { once: true });
      if (deadline.aborted) giveUp();
      await running;
      deadline.removeEventListener("abort", giveUp);
      const rest = ring.take(bound).length;
      if (rest > 0) onDropped("shutdown", rest);
      return left + rest;
    },
  };
}

/** Resolves to the number of items that an abort left behind. */
async function deliver<T>(
  { signal, client, resource, encode, onDropped }: OutboxOptions<T>,
  { items, abort }: { readonly items: readonly T[]; readonly abort: AbortSignal },
): Promise<number> {
  const encoded = items.flatMap((item) => {
    try {
      return [encode(item)];
    } catch {
      onDropped("encode", 1);
      return [];
    }
  });
  if (encoded.length === 0) return 0;
  try {
    const { dead, rejected } = await client.send({ signal, resource, items: encoded, abort, patience: "wait" });
    if (dead.length + rejected > 0) onDropped("refused", dead.length + rejected);
    return 0;
  } catch {
    // Only an abort ends the waiting.
    onDropped("shutdown", encoded.length);
    return encoded.length;
  }
}

/** A queue of at most `bound` items; the oldest makes room. */
class Ring<T> {
  readonly #slots: (T | undefined)[] = [];
  readonly #bound: number;
  #head = 0;
  #size = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#size;
  }

  /** False when the oldest item had to go. */
  push(item: T): boolean {
    const isFull = this.#size === this.#bound;
    this.#slots[(this.#head + this.#size) % this.#bound] = item;
    if (isFull) this.#head = (this.#head + 1) % this.#bound;
    else this.#size += 1;
    return !isFull;
  }

  take(most: number): readonly T[] {
    const items: T[] = [];
    while (items.length < most && this.#size > 0) {
      const item = this.#slots[this.#head];
      this.#slots[this.#head] = undefined;
      this.#head = (this.#head + 1) % this.#bound;
      this.#size -= 1;
      if (item !== undefined) items.push(item);
    }
    return items;
  }
}

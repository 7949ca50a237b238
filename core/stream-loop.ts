import type { Clock } from "#core/clock.ts";
import type { DeadLetter, Ledger } from "#core/ledger/ledger.ts";
import type { Delivery, OtlpClient } from "#core/otlp.ts";
import { OtlpCollection } from "#core/otlp-proto.ts";
import { refusedLetters } from "#core/refused.ts";
import { retry } from "#core/retry.ts";
import type { Attributes } from "#core/signal.ts";
import type { State, StateChange } from "#core/state.ts";
import type { StreamEmitter, StreamSink } from "#core/stream.ts";
import type { SealedTotals, StreamTotals } from "#core/stream-totals.ts";

/** What the loop works with. */
export interface StreamLoopOptions<O> {
  readonly emitter: Pick<StreamEmitter<O>, "source" | "interpret" | "onCommitted">;
  readonly ledger: Ledger;
  readonly state: State;
  readonly totals: StreamTotals;
  readonly otlp: OtlpClient;
  readonly resource: Attributes;
  readonly clock: Clock;
  /** The number of the last commit; each one is the next. */
  readonly commit: number;
  /** Called when the loop turned; a source yields at least every few seconds. */
  readonly onTurn: () => void;
  /** Called before a group begins its way, with its number. */
  readonly onSeal: (commit: number) => void;
  /** Called after each commit with its number. */
  readonly onCommit: (commit: number) => void;
  readonly onRetry: (error: unknown) => void;
  readonly onDeadLetter: (letter: DeadLetter) => void;
  /** Ends the wait for a Collector or a ledger that is away; what was not acknowledged is read again after the next start. */
  readonly giveUp: AbortSignal;
}

/** Where the number of the last commit stands in the state. */
export const COMMIT_KEY = { collection: "offing.stream", key: "commit" } as const;

/** A group is closed after so long; under load it then holds some 30,000 lines. */
const GROUP_MS = 100;
/** Groups that may wait for the Collector and the ledger while the next is read. */
const GROUPS_WAITING = 2;
/** A request is sent as soon as so much has come together, which also bounds what is held in memory. */
const REQUEST_ITEMS = 2_000;
const REQUEST_BYTES = 500_000;
const REQUESTS_WAITING = 4;
const BACKOFF = { firstMs: 100, capMs: 5_000 };

/**
 * The loop of a stream: pull, interpret, hand spans and log records to the Collector, and commit position, state and totals together once
 * they were taken.
 *
 * The world's own log is the buffer: while the Collector is away nothing is committed and reading stops. A crash at any moment counts
 * nothing twice; what was sent and not committed is sent again with the same ids.
 *
 * @throws LEDGER_LOST, COLLECTOR_UNREACHABLE when `giveUp` ended a wait, whatever the source throws for good
 */
export async function readStream<O>(options: StreamLoopOptions<O>, abort: AbortSignal): Promise<void> {
  const { emitter, state } = options;
  const lane = new Lane(options);
  const stop = AbortSignal.any([abort, lane.failed]);
  for await (const batch of emitter.source({ cursors: new Map(), state }, stop)) {
    options.onTurn();
    for (const { observation } of batch) emitter.interpret(state, observation, lane);
    if (batch.length === 0) lane.seal();
    await lane.room();
    if (stop.aborted) break;
  }
  lane.seal();
  await lane.done();
}

/** A stretch of the stream on its way: one commit. */
interface Group {
  readonly openedMs: number;
  readonly sends: Promise<Delivery>[];
  readonly dead: DeadLetter[];
}

type LaneOptions = Omit<StreamLoopOptions<never>, "emitter"> & { readonly emitter: Pick<StreamEmitter<never>, "onCommitted"> };

/** The way of what was interpreted: collected, sent in requests of a good size, and committed in order. */
class Lane implements StreamSink {
  readonly #options: LaneOptions;
  readonly #failure = new AbortController();
  #group: Group | undefined;
  readonly #spans = new OtlpCollection();
  readonly #logs = new OtlpCollection();
  #commit: number;
  #requests = 0;
  #waiting = 0;
  /** Every earlier group's commit. */
  #tail: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#commit = options.commit;
  }

  readonly series: StreamSink["series"] = (metric, labels, atMs) => this.#options.totals.at(metric, labels, atMs);
  readonly span: StreamSink["span"] = (span) => this.#spans.span(span);
  readonly log: StreamSink["log"] = (line) => this.#logs.line(line);

  /** Aborted when a group could not be sent or committed. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /** Waits until there is room for more; sends what is enough for a request, and closes the group when it is old enough. */
  async room(): Promise<void> {
    this.#open();
    if (isFull(this.#spans)) this.#send("traces");
    if (isFull(this.#logs)) this.#send("logs");
    if (this.#options.clock.nowMs() - (this.#group?.openedMs ?? 0) >= GROUP_MS) this.seal();
    while (!this.failed.aborted && (this.#requests >= REQUESTS_WAITING || this.#waiting >= GROUPS_WAITING)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Closes the group: what came after it belongs to the next commit. */
  seal(): void {
    const { state, totals, onSeal } = this.#options;
    this.#send("traces");
    this.#send("logs");
    const changes = state.changes();
    const sealed = totals.seal();
    const group = this.#group;
    this.#group = undefined;
    if (changes.length + sealed.totals.length === 0 && (group?.sends.length ?? 0) === 0) return;
    state.settle();
    this.#commit += 1;
    this.#waiting += 1;
    onSeal(this.#commit);
    const work = { group, changes, sealed, commit: this.#commit };
    this.#tail = this.#tail.then(() => this.#finish(work)).catch((error: unknown) => this.#fail(error));
  }

  /** Every group is committed. @throws what the first failed one failed with */
  async done(): Promise<void> {
    await this.#tail;
    if (this.failed.aborted) throw this.failed.reason;
  }

  #open(): Group {
    this.#group ??= { openedMs: this.#options.clock.nowMs(), sends: [], dead: [] };
    return this.#group;
  }

  #send(signal: "traces" | "logs"): void {
    const collected = signal === "traces" ? this.#spans : this.#logs;
    if (collected.count === 0) return;
    const { otlp, resource, giveUp } = this.#options;
    const group = this.#open();
    this.#requests += 1;
    const sending = otlp.send({ signal, resource, items: [collected.take()], abort: giveUp, patience: "wait" }).then((delivery) => {
      group.dead.push(...refusedLetters(signal, resource, delivery));
      return delivery;
    });
    const settled = () => {
      this.#requests -= 1;
      this.#ring();
    };
    sending.then(settled, settled);
    group.sends.push(sending);
  }

  async #finish({ group, changes, sealed, commit }: Work): Promise<void> {
    if (this.failed.aborted) return;
    const { ledger, clock, giveUp, onCommit, onDeadLetter, onRetry } = this.#options;
    await Promise.all(group?.sends ?? []);
    const deadLetters = group?.dead ?? [];
    const written = { changes: [...changes, { ...COMMIT_KEY, value: commit }], totals: sealed.totals, deadLetters };
    await retry(() => ledger.stream.commit(written), { clock, signal: giveUp, backoff: BACKOFF, onRetry });
    sealed.accept();
    for (const letter of deadLetters) onDeadLetter(letter);
    onCommit(commit);
    this.#options.emitter.onCommitted?.(changes);
    this.#waiting -= 1;
    this.#ring();
  }

  #fail(error: unknown): void {
    if (!this.failed.aborted) this.#failure.abort(error);
    this.#ring();
  }

  #ring(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

interface Work {
  readonly group: Group | undefined;
  readonly changes: readonly StateChange[];
  readonly sealed: SealedTotals;
  readonly commit: number;
}

function isFull({ count, bytes }: OtlpCollection): boolean {
  return count >= REQUEST_ITEMS || bytes >= REQUEST_BYTES;
}

import type { Json } from "#core/fact.ts";

/** What `interpret` knew before an observation: keyed values in named collections. */
export interface ReadonlyState {
  get(collection: string, key: string): Json | undefined;
  /** Every entry of one collection, in the order of first insertion since start; do not rely on it across restarts. */
  entries(collection: string): Iterable<readonly [key: string, value: Json]>;
}

/** One changed key; `value` undefined means it was deleted. */
export interface StateChange {
  readonly collection: string;
  readonly key: string;
  readonly value: Json | undefined;
}

/**
 * The keyed store that `interpret` works on. It records which keys changed, so that only those are written.
 *
 * Values are immutable: change one by setting a new value. Until `settle` the changes can be taken back by `revert`.
 */
export class State implements ReadonlyState {
  readonly #collections = new Map<string, Map<string, Json>>();
  readonly #before = new Map<string, StateChange>();

  constructor(entries: Iterable<StateChange> = []) {
    for (const { collection, key, value } of entries) this.#write(collection, key, value);
  }

  get(collection: string, key: string): Json | undefined {
    return this.#collections.get(collection)?.get(key);
  }

  entries(collection: string): Iterable<readonly [key: string, value: Json]> {
    return this.#collections.get(collection) ?? [];
  }

  /** Sets a key. */
  set(collection: string, key: string, value: Json): void {
    this.#remember(collection, key);
    this.#write(collection, key, value);
  }

  /** Removes a key; removing what is not there is no change. */
  delete(collection: string, key: string): void {
    if (this.get(collection, key) === undefined) return;
    this.#remember(collection, key);
    this.#write(collection, key, undefined);
  }

  /** The keys changed since the last `settle` or `revert`, with their present values. */
  changes(): readonly StateChange[] {
    return [...this.#before.values()].map(({ collection, key }) => ({ collection, key, value: this.get(collection, key) }));
  }

  /** Accepts the changes, once they are durable. */
  settle(): void {
    this.#before.clear();
  }

  /** Takes the changes back, when they could not be made durable. */
  revert(): void {
    for (const { collection, key, value } of this.#before.values()) this.#write(collection, key, value);
    this.#before.clear();
  }

  #remember(collection: string, key: string): void {
    const id = `${collection}\u0000${key}`;
    if (!this.#before.has(id)) this.#before.set(id, { collection, key, value: this.get(collection, key) });
  }

  #write(collection: string, key: string, value: Json | undefined): void {
    let entries = this.#collections.get(collection);
    if (entries === undefined) {
      entries = new Map();
      this.#collections.set(collection, entries);
    }
    if (value === undefined) entries.delete(key);
    else entries.set(key, value);
  }
}

import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { StateChange } from "#core/state.ts";
import { Follow, type FollowOptions } from "./follow.ts";
import { type NodeObservation, POSITIONS, type Position } from "./observation.ts";

/** How standard input is kept until it is read. */
export interface SpoolOptions extends Omit<FollowOptions, "pattern" | "from"> {
  readonly input: Readable;
  /** Most bytes that may wait; what comes beyond it is lost and counted. */
  readonly maxBytes: number;
}

/** A file of the spool. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
const NAME = /^stdin-(\d+)\.log$/;
const NEWLINE = 10;

/**
 * Standard input, written to files as it comes and followed there: whoever writes it never waits for us, and a restart reads on.
 *
 * A file is removed once the ledger has committed that it was read to its end.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #follow: Follow;
  readonly #lost: NodeObservation[] = [];
  readonly #sizes = new Map<string, number>();
  #number: number;
  #file: number | undefined;
  #lastByte = NEWLINE;
  #ended = false;

  constructor(options: SpoolOptions, positions: ReadonlyMap<string, Position>) {
    this.#options = options;
    mkdirSync(options.path, { recursive: true });
    const numbers = readdirSync(options.path).map((name) => Number(NAME.exec(name)?.[1] ?? 0));
    for (const name of readdirSync(options.path)) this.#sizes.set(join(options.path, name), statSync(join(options.path, name)).size);
    this.#number = Math.max(0, ...numbers);
    this.#follow = new Follow({ ...options, pattern: "stdin-*.log", from: "beginning" }, positions);
    options.input.on("data", (chunk: Buffer) => this.#write(chunk));
    options.input.once("end", () => this.#end());
    options.input.once("error", () => this.#end());
  }

  get unreadBytes(): number {
    return this.#follow.unreadBytes;
  }

  /** Nothing more will come, and everything was read and committed. */
  get isOver(): boolean {
    return this.#ended && this.#sizes.size === 0 && this.#lost.length === 0;
  }

  async look(): Promise<NodeObservation[]> {
    return [...this.#lost.splice(0), ...(await this.#follow.look())];
  }

  next(): Promise<NodeObservation | undefined> {
    return this.#follow.next();
  }

  /** Removes what the ledger has settled. */
  onCommitted(changes: readonly StateChange[]): void {
    for (const { collection, value } of changes) {
      if (collection !== POSITIONS || value === undefined) continue;
      const { path, offset } = value as unknown as Position;
      const isCurrent = path === this.#pathOf(this.#number) && !this.#ended;
      if (isCurrent || this.#sizes.get(path) !== offset) continue;
      rmSync(path, { force: true });
      this.#sizes.delete(path);
    }
  }

  async close(): Promise<void> {
    this.#options.input.pause();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    await this.#follow.close();
  }

  #write(chunk: Buffer): void {
    const waiting = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
    if (waiting + chunk.length > this.#options.maxBytes) {
      this.#lose(chunk);
      return;
    }
    if (this.#file === undefined) this.#next();
    const isFull = (this.#sizes.get(this.#pathOf(this.#number)) ?? 0) >= SEGMENT_BYTES;
    const end = isFull ? chunk.indexOf(NEWLINE) + 1 : 0;
    if (end > 0) {
      this.#append(chunk.subarray(0, end));
      this.#next();
    }
    if (end < chunk.length) this.#append(chunk.subarray(end));
  }

  #append(bytes: Buffer): void {
    if (this.#file === undefined) return;
    writeSync(this.#file, bytes);
    const path = this.#pathOf(this.#number);
    this.#sizes.set(path, (this.#sizes.get(path) ?? 0) + bytes.length);
    this.#lastByte = bytes.at(-1) ?? this.#lastByte;
  }

  /** Begins a file, always with a new line. */
  #next(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#number += 1;
    this.#file = openSync(this.#pathOf(this.#number), "a", 0o600);
    this.#sizes.set(this.#pathOf(this.#number), 0);
  }

  #lose(chunk: Buffer): void {
    this.#lost.push({ type: "lost", loss: "spool_full", bytes: chunk.length, atMs: this.#options.nowMs() });
    // Whatever comes after the gap begins on a line of its own.
    if (this.#lastByte !== NEWLINE) this.#append(Buffer.from("\n"));
  }

  #end(): void {
    if (this.#lastByte !== NEWLINE) this.#append(Buffer.from("\n"));
    this.#ended = true;
  }

  #pathOf(number: number): string {
    return join(this.#options.path, `stdin-${String(number).padStart(8, "0")}.log`);
  }
}

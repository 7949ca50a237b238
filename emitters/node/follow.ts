import type { BigIntStats } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join, matchesGlob } from "node:path";
import type { Loss } from "#contract/generated/node.ts";
import type { NodeObservation, Position } from "./observation.ts";
import { headHashOf, inodeOf, Tail, type TailOptions } from "./tail.ts";

/** Files that are followed together. */
export interface FollowOptions extends TailOptions {
  /** One file by its path, or those of a folder whose names fit `pattern`. */
  readonly path: string;
  readonly pattern: string | undefined;
  /** Where a file begins that stands there when a log is followed for the first time. */
  readonly from: "beginning" | "end";
  readonly nowMs: () => number;
}

/** How long a file that was renamed away is still looked at: its writer may not have noticed yet. */
const ROTATED_MS = 10_000;
/** How long half a line at its end may wait for the other half. */
const HALF_MS = 1_000;
/** How long a file may have stood there before it was looked at. */
const OVERLAP_MS = 5_000;
/** Names of files that were packed away. */
const PACKED = /\.(gz|zst|xz|bz2|lz4)$/;

/**
 * Follows one log through its rotations: renamed and made anew, copied and cut, or gone while nobody looked.
 *
 * A renamed file is read to its end before and beside its successor. Of a cut file the copy is looked for and read on. What was not
 * found again is told as lost.
 */
export class Follow {
  readonly #options: FollowOptions;
  /** In the order in which they are read. */
  readonly #tails: Tail[] = [];
  #known: Map<string, Position>;
  #isFirst: boolean;

  constructor(options: FollowOptions, positions: ReadonlyMap<string, Position>) {
    this.#options = options;
    this.#known = new Map([...positions].filter(([, { path }]) => this.#isOurs(path)));
    this.#isFirst = this.#known.size === 0;
  }

  /** Bytes that are written and not read. */
  get unreadBytes(): number {
    return this.#tails.reduce((sum, { size, offset }) => sum + Math.max(0, size - offset), 0);
  }

  /** Looks at the files: which are there, which are new, which were cut or went away. */
  async look(): Promise<NodeObservation[]> {
    const nowMs = this.#options.nowMs();
    const found = await this.#list();
    const lost: NodeObservation[] = [];
    if (this.#known.size > 0) lost.push(...(await this.#resume(found, nowMs)));
    for (const tail of [...this.#tails]) {
      if (!(await tail.look(nowMs))) lost.push(...(await this.#cut(tail, found, nowMs)));
      const stands = found.find(({ inode }) => inode === tail.inode);
      tail.rotated = stands === undefined || !stands.isMain;
    }
    for (const file of found) {
      const isOpen = this.#tails.some(({ inode }) => inode === file.inode);
      if (!file.isMain || isOpen) continue;
      const offset = this.#isFirst && this.#options.from === "end" ? await endOf(file) : 0;
      const tail = await Tail.open(file.path, this.#options, { path: file.path, offset, nowMs });
      if (tail === undefined) continue;
      await tail.look(nowMs);
      this.#tails.push(tail);
    }
    this.#isFirst &&= found.length === 0;
    return lost;
  }

  /** The next stretch of lines; undefined when there is none for now. */
  async next(): Promise<NodeObservation | undefined> {
    const atMs = this.#options.nowMs();
    // Half a line may go on in the file after its own, so that one waits.
    const waiting = new Set<string>();
    for (const tail of [...this.#tails]) {
      if (waiting.has(tail.path)) continue;
      const read = await tail.read();
      const { origin } = tail;
      if (read.type === "lines") {
        this.#takeTurns(tail);
        return { type: "lines", origin, bytes: read.bytes, offset: read.offset, position: tail.position(atMs), atMs };
      }
      if (read.type === "long") return { type: "long", origin, bytes: read.bytes, position: tail.position(atMs), atMs };
      if (!tail.rotated) continue;
      const quietMs = atMs - tail.grownMs;
      if (read.rest > 0 && quietMs < HALF_MS) waiting.add(tail.path);
      else if (read.rest > 0) return await this.#carry(tail, atMs);
      else if (quietMs >= ROTATED_MS) {
        await this.#drop(tail);
        return { type: "finished", origin, position: tail.position(atMs), atMs };
      }
    }
    return undefined;
  }

  /** Of many files that are written at once none keeps the others waiting; what was renamed away stays before its successor. */
  #takeTurns(tail: Tail): void {
    if (tail.rotated || this.#tails.length === 1) return;
    this.#tails.splice(this.#tails.indexOf(tail), 1);
    this.#tails.push(tail);
  }

  async close(): Promise<void> {
    for (const tail of this.#tails) await tail.close();
  }

  /** Half a line at the end of a file that will not grow: it is given on with the first lines of the next, when there are any by then. */
  async #carry(tail: Tail, atMs: number): Promise<NodeObservation> {
    const bytes = await tail.rest();
    const { origin, offset } = tail;
    tail.offset += bytes.length;
    const position = { ...tail.position(atMs), done: true };
    const successor = this.#tails.find((other) => other !== tail && other.path === tail.path);
    const read = await successor?.read();
    await this.#drop(tail);
    if (successor === undefined || read?.type !== "lines") return { type: "lines", origin, bytes, offset, position, atMs };
    const next = { origin: successor.origin, bytes: read.bytes, offset: read.offset, position: successor.position(atMs) };
    return { type: "lines", ...next, carried: { origin, offset, bytes, position }, atMs };
  }

  /** After a start: finds again what was being read, under whatever name it has now. */
  async #resume(found: readonly Found[], nowMs: number): Promise<NodeObservation[]> {
    const known = this.#known;
    this.#known = new Map();
    const lost: NodeObservation[] = [];
    const lastSeenMs = Math.max(...[...known.values()].map(({ seenMs }) => seenMs));
    const done = new Set([...known.values()].filter((position) => position.done === true).map(({ inode }) => inode));
    for (const [id, position] of known) {
      if (position.done === true) continue;
      const tail = await this.#findAgain(id, position, found, nowMs);
      if (tail === undefined) lost.push(lostFile(id, position, "rotated", nowMs));
      else this.#tails.push(tail);
    }
    // Files that came and were renamed away meanwhile.
    const isNew = ({ inode }: Found) => !done.has(inode) && !this.#tails.some((tail) => tail.inode === inode);
    const missed = found.filter((file) => !file.isMain && file.mtimeMs > lastSeenMs - OVERLAP_MS && isNew(file));
    for (const { path } of missed.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      const copied = await this.#isCopy(path);
      const tail = copied ? undefined : await Tail.open(path, this.#options, { path: this.#mainOf(path), offset: 0, nowMs });
      if (tail !== undefined) this.#tails.push(tail);
    }
    return lost;
  }

  async #isCopy(path: string): Promise<boolean> {
    for (const { headBytes, headHash } of this.#tails) if ((await headHashOf(path, headBytes)) === headHash) return true;
    return false;
  }

  async #findAgain(
    id: string,
    { path, inode, headBytes, headHash, offset }: Position,
    found: readonly Found[],
    nowMs: number,
  ): Promise<Tail | undefined> {
    // The same inode first; a copy has another.
    for (const file of [...found].sort((a, b) => Number(b.inode === inode) - Number(a.inode === inode))) {
      if (file.size < offset || (await headHashOf(file.path, headBytes)) !== headHash) continue;
      return await Tail.open(file.path, this.#options, { path, offset, id, nowMs });
    }
    return undefined;
  }

  /** A file that was cut: its copy is read on from where it stood, and itself from its new beginning. */
  async #cut(tail: Tail, found: readonly Found[], nowMs: number): Promise<NodeObservation[]> {
    const position = tail.position(nowMs);
    await this.#drop(tail);
    const others = found.filter(({ inode }) => inode !== tail.inode);
    const copy = await this.#findAgain(tail.origin.id, position, others, nowMs);
    if (copy === undefined) return [lostFile(tail.origin.id, position, "truncated", nowMs)];
    await copy.look(nowMs);
    copy.rotated = true;
    this.#tails.unshift(copy);
    return [];
  }

  async #drop(tail: Tail): Promise<void> {
    this.#tails.splice(this.#tails.indexOf(tail), 1);
    await tail.close();
  }

  /** The path that a renamed file was written under. */
  #mainOf(path: string): string {
    return this.#options.pattern === undefined ? this.#options.path : path;
  }

  #isOurs(path: string): boolean {
    const { path: own, pattern } = this.#options;
    return pattern === undefined ? dirname(path) === dirname(own) && isSibling(basename(path), basename(own)) : dirname(path) === own;
  }

  /** Every file that belongs to the log: those at its path, and those that were renamed away from there. */
  async #list(): Promise<Found[]> {
    const { path, pattern } = this.#options;
    const folder = pattern === undefined ? dirname(path) : path;
    const names = await readdir(folder).catch(() => []);
    const isMain = (name: string) => (pattern === undefined ? name === basename(path) : matchesGlob(name, pattern) && !PACKED.test(name));
    const belongs = (name: string) =>
      isMain(name) ||
      (pattern === undefined ? isSibling(name, basename(path)) : names.some((main) => isMain(main) && isSibling(name, main)));
    const found: Found[] = [];
    for (const name of names.filter((one) => belongs(one) && !PACKED.test(one))) {
      const stats = await stat(join(folder, name), { bigint: true }).catch(() => undefined);
      if (stats === undefined || !stats.isFile()) continue;
      found.push(foundFile(join(folder, name), stats, isMain(name)));
    }
    return found;
  }
}

interface Found {
  readonly path: string;
  readonly inode: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** It is written now; the others were renamed away. */
  readonly isMain: boolean;
}

function foundFile(path: string, stats: BigIntStats, isMain: boolean): Found {
  return { path, inode: inodeOf(stats), size: Number(stats.size), mtimeMs: Number(stats.mtimeMs), isMain };
}

/** `node.log.1`, `node.log-20261127` beside `node.log`. */
function isSibling(name: string, main: string): boolean {
  if (name === main) return true;
  const stem = main.replace(/\.[a-z]+$/, "");
  const after = stem !== "" && name.startsWith(stem) ? name.slice(stem.length) : "";
  return name.startsWith(`${main}.`) || name.startsWith(`${main}-`) || /^[.-]\d/.test(after);
}

/** The end of the last whole line, looked for in the last part of the file. */
async function endOf({ path, size }: Found): Promise<number> {
  const file = await open(path);
  try {
    const start = Math.max(0, size - 1_048_576);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return start + buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
  } finally {
    await file.close();
  }
}

function lostFile(id: string, { size, offset }: Position, loss: Loss, atMs: number): NodeObservation {
  return { type: "lost", loss, bytes: Math.max(0, size - offset), finished: id, atMs };
}

import { hash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { originId } from "./line-ids.ts";
import type { Origin, Position } from "./observation.ts";

/** How a file is followed. */
export interface TailOptions {
  readonly format: string;
  readonly wrap: Origin["wrap"];
  /** Bytes read at once. */
  readonly chunkBytes: number;
  /** A longer line is skipped. */
  readonly maxLineBytes: number;
}

/** Where a file is read on. */
export interface TailStart {
  /** The path it is written under, whatever it is called now. */
  readonly path: string;
  readonly offset: number;
  /** The origin it goes on for, when it is known already. */
  readonly id?: string;
  readonly nowMs: number;
}

/** What the next look at a file gave. */
export type Read =
  /** Whole lines; valid until the next read. */
  | { readonly type: "lines"; readonly bytes: Buffer; readonly offset: number }
  | { readonly type: "long"; readonly bytes: number }
  /** Nothing more for now; `rest` bytes of a line without its end stand there. */
  | { readonly type: "end"; readonly rest: number };

/** Enough of a file to know it again. */
const HEAD_BYTES = 1_024;
const NEWLINE = 10;

/**
 * One file that is read from an offset on. It is known by its inode and its first line, which do not change while it is renamed; nothing is
 * read before that line has its end, so that its ids never change either.
 */
export class Tail {
  readonly path: string;
  readonly inode: string;
  readonly origin: Origin;
  readonly headBytes: number;
  readonly headHash: string;
  offset: number;
  size: number;
  /** When it was last seen to grow. */
  grownMs: number;
  /** Another file stands at its path now. */
  rotated = false;
  /** Undefined once it is closed, and for a file whose inode now holds something else. */
  #file: FileHandle | undefined;
  readonly #options: TailOptions;
  #buffer: Buffer;

  private constructor(file: FileHandle, known: TailParts) {
    this.#file = file;
    this.#options = known.options;
    this.#buffer = Buffer.allocUnsafeSlow(known.options.chunkBytes);
    this.path = known.path;
    this.inode = known.inode;
    this.headBytes = known.head.bytes;
    this.headHash = known.head.hash;
    this.offset = known.offset;
    this.size = known.offset;
    this.grownMs = known.nowMs;
    const id = known.id ?? originId(`${known.inode}:${known.head.hash}`);
    this.origin = { id, name: basename(known.path), format: known.options.format, wrap: known.options.wrap };
  }

  /** Opens a file once its first line is whole. */
  static async open(realPath: string, options: TailOptions, from: TailStart): Promise<Tail | undefined> {
    const file = await openQuietly(realPath);
    if (file === undefined) return undefined;
    const stats = await file.stat({ bigint: true });
    const head = stats.isFile() ? await headOf(file, HEAD_BYTES) : undefined;
    if (head === undefined) {
      await file.close();
      return undefined;
    }
    return new Tail(file, { options, head, inode: String(stats.ino), ...from });
  }

  /** What is kept of it in the state. */
  position(nowMs: number): Position {
    const { path, inode, headBytes, headHash, offset, size } = this;
    return { path, inode, headBytes, headHash, offset, size, seenMs: nowMs };
  }

  /** Looks at the file's size; false when it was cut: it is shorter than what was read of it, or begins otherwise. */
  async look(nowMs: number): Promise<boolean> {
    if (this.#file === undefined) return true;
    const { size } = await this.#file.stat();
    if (size < this.offset) return false;
    if (size !== this.size) {
      this.size = size;
      this.grownMs = nowMs;
      return (await hashOf(this.#file, this.headBytes)) === this.headHash;
    }
    return true;
  }

  /** The next whole lines. */
  async read(): Promise<Read> {
    const file = this.#file;
    if (file === undefined || this.offset >= this.size) return { type: "end", rest: 0 };
    const { maxLineBytes } = this.#options;
    const filled = await this.#fill(file);
    const last = this.#buffer.subarray(0, filled).lastIndexOf(NEWLINE);
    if (last >= 0) {
      const offset = this.offset;
      this.offset += last + 1;
      const bytes = this.#buffer.subarray(0, last + 1);
      return { type: "lines", bytes, offset };
    }
    if (filled >= maxLineBytes) return await this.#skip(file);
    return { type: "end", rest: filled };
  }

  /** The bytes of the last line, which has no end. */
  async rest(): Promise<Buffer> {
    if (this.#file === undefined) return Buffer.alloc(0);
    const bytes = Buffer.alloc(Math.min(Math.max(0, this.size - this.offset), this.#options.maxLineBytes));
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, this.offset);
    return bytes.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Reads a chunk, and more when that does not reach the end of a line. */
  async #fill(file: FileHandle): Promise<number> {
    const { chunkBytes, maxLineBytes } = this.#options;
    // A buffer that grew for one long line is given back.
    if (this.#buffer.length > chunkBytes) this.#buffer = Buffer.allocUnsafeSlow(chunkBytes);
    let filled = 0;
    for (;;) {
      const { bytesRead } = await file.read(this.#buffer, filled, this.#buffer.length - filled, this.offset + filled);
      const hasEnd = this.#buffer.subarray(filled, filled + bytesRead).includes(NEWLINE);
      filled += bytesRead;
      if (hasEnd || bytesRead === 0 || filled < this.#buffer.length || filled >= maxLineBytes) return filled;
      const larger = Buffer.allocUnsafeSlow(Math.min(this.#buffer.length * 4, maxLineBytes));
      this.#buffer.copy(larger, 0, 0, filled);
      this.#buffer = larger;
    }
  }

  /** Goes to the end of a line that is too long to be read. */
  async #skip(file: FileHandle): Promise<Read> {
    const buffer = Buffer.allocUnsafeSlow(this.#options.chunkBytes);
    for (let at = this.offset; ; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return { type: "end", rest: at - this.offset };
      const end = buffer.subarray(0, bytesRead).indexOf(NEWLINE);
      at += end >= 0 ? end + 1 : bytesRead;
      if (end < 0) continue;
      const bytes = at - this.offset;
      this.offset = at;
      return { type: "long", bytes };
    }
  }
}

interface TailParts extends TailStart {
  readonly options: TailOptions;
  readonly head: { readonly bytes: number; readonly hash: string };
  readonly inode: string;
}

/** The digest of a file's first bytes; undefined when it is shorter or cannot be read. */
export async function headHashOf(path: string, bytes: number): Promise<string | undefined> {
  const file = await openQuietly(path);
  try {
    return file === undefined ? undefined : await hashOf(file, bytes);
  } finally {
    await file?.close();
  }
}

/** Inode and device tell files apart while they are open. */
export function inodeOf({ ino }: BigIntStats): string {
  return String(ino);
}

async function openQuietly(path: string): Promise<FileHandle | undefined> {
  try {
    // A FIFO would wait for its writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/** The first line, as far as it is not longer than `limit`; undefined while it has no end. */
async function headOf(file: FileHandle, limit: number): Promise<{ bytes: number; hash: string } | undefined> {
  const buffer = Buffer.alloc(limit);
  const { bytesRead } = await file.read(buffer, 0, limit, 0);
  const end = buffer.subarray(0, bytesRead).indexOf(NEWLINE);
  const bytes = end >= 0 ? end + 1 : bytesRead;
  if (bytes === 0 || (end < 0 && bytesRead < limit)) return undefined;
  return { bytes, hash: hash("sha256", buffer.subarray(0, bytes)).slice(0, 16) };
}

async function hashOf(file: FileHandle, bytes: number): Promise<string | undefined> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, 0);
  return bytesRead < bytes ? undefined : hash("sha256", buffer).slice(0, 16);
}

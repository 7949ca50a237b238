import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import type { Log } from "#core/log.ts";
import { onChange } from "#core/log.ts";
import { originId } from "./line-ids.ts";
import type { JournalPosition, NodeObservation, Origin } from "./observation.ts";

/** Which part of the journal is followed. */
export interface JournalOptions {
  readonly units: readonly string[];
  readonly identifiers: readonly string[];
  /** Another journal than the machine's own. */
  readonly folder: string | undefined;
  readonly from: "beginning" | "end";
  readonly format: string;
  readonly nowMs: () => number;
  readonly log: Log;
}

const AGAIN_MS = 1_000;
/** Who has not looked for so long waited for the Collector, and meanwhile the journal went on dropping its oldest entries. */
const STALLED_MS = 5_000;
const ANSWER_MS = 10_000;
const NEWLINE = 10;

/**
 * Follows the systemd journal through `journalctl`, from the cursor where it stood. The journal keeps its lines while nobody reads, within
 * its own bounds: what it dropped unread is told as lost.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #origin: Origin;
  readonly #say: ReturnType<typeof onChange>;
  #child: ChildProcessByStdio<null, Readable, Readable> | undefined;
  #begunMs = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #cursor: string | undefined;
  /** The cursor that `journalctl` was begun with, until its first entry has come. */
  #begunAt: string | undefined;
  /** The place after which a loss was told last. */
  #toldLost: string | undefined;
  #rest: Buffer = Buffer.alloc(0);

  constructor(options: JournalOptions, positions: ReadonlyMap<string, Partial<JournalPosition>>) {
    this.#options = options;
    const { units, identifiers, folder, format, log } = options;
    const id = originId(JSON.stringify(["journald", units, identifiers, folder]));
    this.#origin = { id, name: "journal", format, wrap: "journald" };
    const { cursor, lost } = positions.get(id) ?? {};
    this.#cursor = cursor;
    if (lost === true) this.#toldLost = cursor;
    this.#say = onChange(log, "journalctl");
  }

  readonly unreadBytes = 0;

  async look(): Promise<NodeObservation[]> {
    const nowMs = this.#options.nowMs();
    const begins = this.#child === undefined && nowMs - this.#begunMs >= AGAIN_MS;
    const lost = begins || nowMs - this.#lookedMs >= STALLED_MS ? await this.#lost() : [];
    if (begins) this.#begin(nowMs);
    this.#lookedMs = this.#options.nowMs();
    return lost;
  }

  next(): Promise<NodeObservation | undefined> {
    const chunk = this.#child?.stdout.read() as Buffer | null | undefined;
    if (chunk === null || chunk === undefined) return Promise.resolve(undefined);
    const bytes = Buffer.concat([this.#rest, chunk]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.#rest = bytes.subarray(end);
    const lines = this.#unread(bytes.subarray(0, end));
    const cursor = lastCursor(lines);
    if (cursor === undefined) return Promise.resolve(undefined);
    this.#cursor = cursor;
    const atMs = this.#options.nowMs();
    return Promise.resolve({ type: "lines", origin: this.#origin, bytes: lines, offset: 0, position: { cursor }, atMs });
  }

  /** `journalctl` begins with the entry of the cursor, which is read already, if that is there still. */
  #unread(lines: Buffer): Buffer {
    if (this.#begunAt === undefined || lines.length === 0) return lines;
    const first = lines.indexOf(NEWLINE) + 1;
    const isRead = lastCursor(lines.subarray(0, first)) === this.#begunAt;
    this.#begunAt = undefined;
    return isRead ? lines.subarray(first) : lines;
  }

  close(): Promise<void> {
    this.#child?.kill();
    return Promise.resolve();
  }

  /** Whether entries behind the last one that was read are gone already. */
  async #lost(): Promise<NodeObservation[]> {
    const last = this.#cursor;
    if (last === undefined || last === this.#toldLost) return [];
    const oldest = await this.#firstFrom(last);
    if (oldest === undefined || oldest === last || follows(last, oldest)) return [];
    this.#toldLost = last;
    const at = { id: this.#origin.id, position: { cursor: last, lost: true } };
    return [{ type: "lost", loss: "vacuumed", bytes: 0, at, atMs: this.#options.nowMs() }];
  }

  /** The cursor of the first entry at a place or behind it, whichever unit wrote it: empty for none, undefined when nobody can tell. */
  async #firstFrom(cursor: string): Promise<string | undefined> {
    const args = [`--cursor=${cursor}`, "--lines=1", "--output-fields=_PID", ...READING, ...this.#place()];
    try {
      const { stdout } = await promisify(execFile)("journalctl", args, { timeout: ANSWER_MS });
      return lastCursor(Buffer.from(stdout)) ?? "";
    } catch {
      return undefined;
    }
  }

  #place(): readonly string[] {
    const { folder } = this.#options;
    return folder === undefined ? [] : [`--directory=${folder}`];
  }

  #begin(nowMs: number): void {
    const { units, identifiers, from } = this.#options;
    this.#begunMs = nowMs;
    this.#rest = Buffer.alloc(0);
    // Without --no-tail it follows from the last ten lines on, also after a cursor.
    const start = from === "end" ? "--lines=0" : "--no-tail";
    // With --after-cursor it passes over one entry more where that of the cursor is gone.
    const where = this.#cursor === undefined ? [start] : [`--cursor=${this.#cursor}`, "--no-tail"];
    this.#begunAt = this.#cursor;
    const which = [...units.map((unit) => `--unit=${unit}`), ...identifiers.map((name) => `--identifier=${name}`)];
    const args = ["--follow", "--all", ...READING, ...where, ...which, ...this.#place()];
    const child = spawn("journalctl", args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    let complaint = "";
    child.stderr.on("data", (data: Buffer) => {
      complaint = (complaint + data.toString()).slice(-500);
    });
    child.stdout.once("readable", () => this.#say(undefined));
    child.stdout.on("error", () => {});
    const ended = (why: string) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#say(why, { stderr: complaint.trim() });
    };
    child.once("error", (error) => ended(error.message));
    child.once("close", (code) => ended(`it ended with ${code}; it is started again`));
    child.stdout.read(0);
  }
}

const READING = ["--output=json", "--no-pager", "--quiet"];

/** Whether an entry is the very next one after another; the journal numbers them in hexadecimal, from 1 again for each `s`. */
function follows(before: string, after: string): boolean {
  const [sequence, number = ""] = numberIn(before);
  const [sameSequence, next = ""] = numberIn(after);
  return sequence !== undefined && sequence === sameSequence && Number.parseInt(next, 16) === Number.parseInt(number, 16) + 1;
}

function numberIn(cursor: string): readonly string[] {
  return /^s=([^;]+);i=([0-9a-f]+);/.exec(cursor)?.slice(1) ?? [];
}

/** The journal's own name of the last line's place. */
function lastCursor(lines: Buffer): string | undefined {
  const at = lines.lastIndexOf('"__CURSOR"');
  const [, cursor] = /"__CURSOR"\s*:\s*"([^"]+)"/.exec(lines.subarray(Math.max(0, at), at + 1_024).toString()) ?? [];
  return cursor;
}

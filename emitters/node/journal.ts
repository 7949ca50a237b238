import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { Log } from "#core/log.ts";
import { onChange } from "#core/log.ts";
import { originId } from "./line-ids.ts";
import type { NodeObservation, Origin } from "./observation.ts";

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
const NEWLINE = 10;

/** Follows the systemd journal through `journalctl`, from the cursor where it stood. The journal keeps its lines while nobody reads. */
export class Journal {
  readonly #options: JournalOptions;
  readonly #origin: Origin;
  readonly #say: ReturnType<typeof onChange>;
  #child: ChildProcessByStdio<null, Readable, Readable> | undefined;
  #begunMs = 0;
  #cursor: string | undefined;
  #rest: Buffer = Buffer.alloc(0);

  constructor(options: JournalOptions, positions: ReadonlyMap<string, { readonly cursor?: string }>) {
    this.#options = options;
    const { units, identifiers, folder, format, log } = options;
    const id = originId(JSON.stringify(["journald", units, identifiers, folder]));
    this.#origin = { id, name: "journal", format, wrap: "journald" };
    this.#cursor = positions.get(id)?.cursor;
    this.#say = onChange(log, "journalctl");
  }

  readonly unreadBytes = 0;

  look(): Promise<NodeObservation[]> {
    const nowMs = this.#options.nowMs();
    if (this.#child === undefined && nowMs - this.#begunMs >= AGAIN_MS) this.#begin(nowMs);
    return Promise.resolve([]);
  }

  next(): Promise<NodeObservation | undefined> {
    const chunk = this.#child?.stdout.read() as Buffer | null | undefined;
    if (chunk === null || chunk === undefined) return Promise.resolve(undefined);
    const bytes = Buffer.concat([this.#rest, chunk]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.#rest = bytes.subarray(end);
    const lines = bytes.subarray(0, end);
    const cursor = lastCursor(lines);
    if (cursor === undefined) return Promise.resolve(undefined);
    this.#cursor = cursor;
    const atMs = this.#options.nowMs();
    return Promise.resolve({ type: "lines", origin: this.#origin, bytes: lines, offset: 0, position: { cursor }, atMs });
  }

  close(): Promise<void> {
    this.#child?.kill();
    return Promise.resolve();
  }

  #begin(nowMs: number): void {
    const { units, identifiers, folder, from } = this.#options;
    this.#begunMs = nowMs;
    this.#rest = Buffer.alloc(0);
    // Without --no-tail it follows from the last ten lines on, also after a cursor.
    const start = from === "end" ? "--lines=0" : "--no-tail";
    const where = this.#cursor === undefined ? [start] : [`--after-cursor=${this.#cursor}`, "--no-tail"];
    const which = [...units.map((unit) => `--unit=${unit}`), ...identifiers.map((name) => `--identifier=${name}`)];
    const place = folder === undefined ? [] : [`--directory=${folder}`];
    const args = ["--output=json", "--follow", "--no-pager", "--all", "--quiet", ...where, ...which, ...place];
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

/** The journal's own name of the last line's place. */
function lastCursor(lines: Buffer): string | undefined {
  const at = lines.lastIndexOf('"__CURSOR"');
  const [, cursor] = /"__CURSOR"\s*:\s*"([^"]+)"/.exec(lines.subarray(Math.max(0, at), at + 1_024).toString()) ?? [];
  return cursor;
}

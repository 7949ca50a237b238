import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { chmod, copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import type { Progress } from "./progress.ts";
import type { Pin, Release, ToolName } from "./tool-pins.ts";
import { unzipMember } from "./unzip.ts";

/** Where from, and how to show it. */
export interface ReleaseOptions {
  readonly pin: Pin;
  readonly release: Release;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

const HOST = "https://github.com";
const ROUTE_TIMEOUT_MS = 2_500;
const STALL_TIMEOUT_MS = 30_000;
const run = promisify(execFile);

/**
 * Fetches the official archive of a pin, checks it against the checksums published with it, and puts its programs into `directory`.
 * Without a route it gives up within three seconds. `OFFING_RELEASE_MIRROR` names another host with the same paths; "off" skips this.
 *
 * @returns false when the release cannot be had or is not what its checksum says; what happened has been told
 */
export async function fetchRelease(directory: string, options: ReleaseOptions): Promise<boolean> {
  const { pin, release, progress, env } = options;
  const host = env["OFFING_RELEASE_MIRROR"] ?? HOST;
  if (host === "off") return false;
  const base = `${host.replace(/\/+$/, "")}/${release.folder}`;
  const expected = await publishedChecksum(`${base}/${release.checksums}`, options);
  if (expected === null) return false;
  const scratch = join(directory, ".release");
  const archive = join(scratch, release.archive);
  const end = progress.begin(`fetching ${release.archive}`, "a minute");
  try {
    await mkdir(scratch, { recursive: true });
    const actual = await download(`${base}/${release.archive}`, archive, options.signal);
    if (actual !== expected) {
      progress.line(`${pin.name}: the release archive is not what its published checksum says, so it is not used`);
      return false;
    }
    for (const [tool, member] of Object.entries(release.members) as [ToolName, string][]) {
      await unpack({ archive, member, scratch, target: join(directory, tool) });
    }
    return true;
  } catch (error) {
    options.signal?.throwIfAborted();
    progress.line(`${pin.name}: the release could not be fetched (${error instanceof Error ? error.message : String(error)})`);
    return false;
  } finally {
    end();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The checksum of the archive as published, or null when there is no route to it or no such line. */
async function publishedChecksum(url: string, { pin, release, progress, signal }: ReleaseOptions): Promise<string | null> {
  try {
    const timeout = AbortSignal.timeout(ROUTE_TIMEOUT_MS);
    const response = await fetch(url, { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    for (const line of (await response.text()).split("\n")) {
      const [sum, file] = line.trim().split(/\s+\*?/);
      if (file === release.archive && sum !== undefined && /^[0-9a-f]{64}$/.test(sum)) return sum;
    }
    throw new Error(`${release.checksums} has no line for ${release.archive}`);
  } catch (error) {
    signal?.throwIfAborted();
    progress.line(`${pin.name}: no release within reach (${causeOf(error)})`);
    return null;
  }
}

/** Writes the body of `url` to `file` and gives its SHA-256; a download that stands still is given up. */
async function download(url: string, file: string, signal: AbortSignal | undefined): Promise<string> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error("the download stands still")), STALL_TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal: signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]) });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status} for ${url}`);
    const hash = createHash("sha256");
    const measure = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        timer.refresh();
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), measure, createWriteStream(file));
    return hash.digest("hex");
  } finally {
    clearTimeout(timer);
  }
}

interface Unpack {
  readonly archive: string;
  readonly member: string;
  readonly scratch: string;
  readonly target: string;
}

async function unpack({ archive, member, scratch, target }: Unpack): Promise<void> {
  if (archive.endsWith(".zip")) {
    await writeFile(target, await unzipMember(archive, member));
  } else {
    await run("tar", ["-xzf", archive, "-C", scratch, member]);
    await copyFile(join(scratch, member), target);
  }
  await chmod(target, 0o755);
}

/** `fetch` hides what went wrong in its cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}

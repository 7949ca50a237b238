import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity.ts";

/** A lock that is held; `release` may be called more than once. */
export interface Lock {
  readonly release: () => void;
}

/**
 * Takes the lock file at `path` for this process, or says who holds it. A lock whose holder has ended counts as free.
 *
 * Not re-entrant: a second call in the same process finds the lock held.
 */
export function tryLock(path: string): Lock | { readonly heldBy: ProcessIdentity } {
  mkdirSync(dirname(path), { recursive: true });
  const own = identityOf(process.pid) ?? { pid: process.pid, started: "unknown" };
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, JSON.stringify(own));
  try {
    for (;;) {
      // A hard link is made whole or not at all, so nobody reads half a lock.
      if (linkIfFree(draft, path)) return { release: once(() => rmSync(path, { force: true })) };
      const holder = readHolder(path);
      if (holder === "gone") continue;
      if (holder !== null && isRunning(holder)) return { heldBy: holder };
      removeStale(path, holder);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Who holds the lock at `path` now, or null when nobody that still runs does. */
export function lockHolder(path: string): ProcessIdentity | null {
  const holder = readHolder(path);
  return holder !== "gone" && holder !== null && isRunning(holder) ? holder : null;
}

function linkIfFree(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** The holder; "gone" when the file vanished meanwhile, null when it cannot be read as a lock. */
function readHolder(path: string): ProcessIdentity | "gone" | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return "gone";
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("pid" in value) || !("started" in value)) return null;
    return typeof value.pid === "number" && typeof value.started === "string" ? { pid: value.pid, started: value.started } : null;
  } catch {
    return null;
  }
}

/** Two waiters may both see a dead holder; the second must not carry away the lock that the first has just taken. */
function removeStale(path: string, dead: ProcessIdentity | null): void {
  const aside = `${path}.stale.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readHolder(aside);
  if (moved !== null && moved !== "gone" && moved.started !== dead?.started) linkIfFree(aside, path);
  rmSync(aside, { force: true });
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

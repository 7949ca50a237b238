import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ProcessIdentity } from "./process-identity.ts";

/** A small process that outlives this one just long enough to end what it leaves behind. */
export interface Watchdog {
  readonly add: (identity: ProcessIdentity) => void;
  readonly drop: (identity: ProcessIdentity) => void;
  /** Ends it; what is still added is stopped by it. */
  readonly end: () => void;
}

/** Starts a watchdog for the processes that this one is about to start. Without `sh` there is none, and nothing else changes. */
export function startWatchdog(): Watchdog {
  const child = spawn("sh", [fileURLToPath(new URL("./watchdog.sh", import.meta.url))], {
    stdio: ["pipe", "ignore", "ignore"],
    // In a group of its own: a Ctrl-C on the terminal must not end it before its owner.
    detached: true,
  });
  child.once("error", () => {});
  child.stdin.on("error", () => {});
  child.unref();
  const say = (verb: "add" | "drop", identity: ProcessIdentity): void => {
    child.stdin.write(`${verb} ${identity.pid} ${startOf(identity)}\n`);
  };
  return { add: (identity) => say("add", identity), drop: (identity) => say("drop", identity), end: () => void child.stdin.end() };
}

/** The shell compares only the start, since it never outlives a boot. */
function startOf(identity: ProcessIdentity): string {
  return identity.started.split("@")[0] ?? identity.started;
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { LAUNCH } from "../stack/launch.ts";

/** As ./offing starts an emitter: what was compiled once is kept, and the compiler takes no memory. */
const COMPILED = { NODE_COMPILE_CACHE: fileURLToPath(new URL("../.offing/compiled", import.meta.url)) };

/** Longer than the longest part takes on a slow machine. */
const LIMIT_MS = 15 * 60_000;

/** What a part is to do. */
export interface PartOptions<Order> {
  readonly order: Order;
  readonly signal: AbortSignal;
  /** A part that is not done by then is stuck. */
  readonly limitMs?: number;
}

/**
 * Runs a part of a bench in a Node process of its own, so that its memory and its warm-up are its own, and gives back what it answers.
 *
 * The order goes in by standard input: it may hold a password, and an argument list is for everybody to read.
 *
 * @throws Error with the part's standard error when it fails, or was killed because it was stuck; the signal's reason when it aborts
 */
export async function runPart<Order, Answer>(part: URL, { order, signal, limitMs = LIMIT_MS }: PartOptions<Order>): Promise<Answer> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [...LAUNCH.flags, part.pathname], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...LAUNCH.env, ...COMPILED, ...process.env },
    signal,
    killSignal: "SIGKILL",
  });
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  let isStuck = false;
  const limit = setTimeout(() => {
    isStuck = true;
    child.kill("SIGKILL");
  }, limitMs);
  // A part that ended before it read everything says why on its standard error.
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(order));
  try {
    const [stdout, stderr, [code, killedBy]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    const how = isStuck ? `was stuck and killed after ${limitMs / 1000} s` : `ended with ${killedBy ?? code}`;
    if (code !== 0) throw new Error(`${part.pathname.split("/").at(-1)} ${how}: ${stderr.trim()}`);
    // The part wrote it with `servePart`, and both sides name the same types.
    return JSON.parse(stdout) as Answer;
  } finally {
    clearTimeout(limit);
  }
}

/** The child's side: takes the order, works, answers, and ends. */
export async function servePart<Order, Answer>(work: (order: Order) => Promise<Answer>): Promise<void> {
  const order = JSON.parse(await text(process.stdin)) as Order;
  const answer = await work(order);
  process.stdout.write(JSON.stringify(answer), () => process.exit(0));
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { OffingError } from "#core/errors.ts";
import type { Ledger, LedgerLocation, RecordRow } from "../ledger.ts";
import { openLedger } from "../open.ts";
import { commitOf, type SampleFact, sampleFact, sampleOptions, sampleRecords } from "./sample.ts";

/** What a writer process can be asked to do. */
export type Order = "append" | "stop in append" | "settle" | "intend" | "assert" | "close";

/** A ledger's writer in a process of its own. */
export interface WriterProcess {
  readonly pid: number;
  /** The code of the error that opening gave, or `opened`. */
  readonly opening: string;
  /** The code of the error that an order gave, or `done`. */
  readonly ask: (order: Order) => Promise<string>;
  /** Sends an order without waiting for its answer, which `answer` gives. */
  readonly tell: (order: Order) => void;
  /** The next answer. */
  readonly answer: () => Promise<string>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves when the process has ended. */
  readonly ended: Promise<unknown>;
}

/** Starts a process that opens the ledger for writing and waits for orders. */
export async function startWriter(location: LedgerLocation): Promise<WriterProcess> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...process.env, OFFING_TEST_LEDGER: JSON.stringify(location) },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const answers = answersOf(child);
  const tell = (order: Order) => child.stdin?.write(`${order}\n`);
  const opening = await answers();
  return {
    pid: child.pid ?? 0,
    opening,
    ask: async (order) => {
      tell(order);
      return await answers();
    },
    tell,
    answer: answers,
    kill: (signal) => child.kill(signal),
    ended,
  };
}

function answersOf(child: ChildProcess): () => Promise<string> {
  if (child.stdout === null) throw new Error("the writer process has no output");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await lines.next();
    if (done === true) throw new Error("the writer process ended");
    return value;
  };
}

async function serve(location: LedgerLocation): Promise<void> {
  let ledger: Ledger | undefined;
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const attempt = async (work: () => Promise<unknown>, success: string) => {
    try {
      await work();
      say(success);
    } catch (error) {
      say(error instanceof OffingError ? error.code : String(error));
    }
  };
  await attempt(async () => {
    ledger = await openLedger({ ...sampleOptions(location), records: { ...sampleRecords, rows: stoppingRows } });
  }, "opened");
  for await (const order of createInterface({ input: process.stdin })) await attempt(() => obey(ledger, order as Order), "done");
  await ledger?.close();
}

const STOP = "stop here";

/** The rows are asked for inside the transaction, after the fence: a process that stops here is woken past it. */
function stoppingRows(fact: SampleFact): readonly RecordRow[] {
  if (fact.note === STOP) process.kill(process.pid, "SIGSTOP");
  return sampleRecords.rows(fact);
}

async function obey(ledger: Ledger | undefined, order: Order): Promise<unknown> {
  const seq = (await ledger?.head()) ?? 0;
  switch (order) {
    case "append":
      return await ledger?.append(commitOf(sampleFact(`${process.pid}:${seq}`)));
    case "stop in append":
      return await ledger?.append(commitOf(sampleFact("stopped", { note: STOP })));
    case "intend":
      return await ledger?.projection.intend({ toSeq: seq, atMs: 1 });
    case "settle":
      return await ledger?.projection.settle({ cursorSeq: seq, totals: [], deadLetters: [] });
    case "assert":
      return await ledger?.assertWriter();
    case "close":
      return await ledger?.close();
  }
}

const { OFFING_TEST_LEDGER } = process.env;
if (OFFING_TEST_LEDGER !== undefined) await serve(JSON.parse(OFFING_TEST_LEDGER));

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OffingError, renderError } from "#core/errors.ts";
import { type DiskWatch, watchDisk } from "./disk-watch.ts";
import { tracesFileOf } from "./part-specs.ts";
import { startStack } from "./start.ts";
import type { SupervisorMessage, SupervisorOrder } from "./up.ts";

/** The process that `up` leaves behind: it owns the parts, and ends when it is told to or when one of them ends by itself. */
async function supervise(order: SupervisorOrder): Promise<number> {
  const told = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => told.abort(new Error(signal)));
  try {
    const stack = await startStack({ ...order, signal: told.signal });
    tell({ ready: true });
    const watching = watchDisk(diskWatch(order, stack.endpoints.collector), told.signal);
    const exit = await stack.exited;
    told.abort();
    await watching;
    return exit === null ? 0 : 1;
  } catch (error) {
    tell({ ready: false, ...describe(error) });
    return told.signal.aborted ? 0 : 1;
  }
}

/** Every folder that grows: the parts', and the ledgers beside the checkout's configuration. */
function diskWatch({ directory, diskBudget }: SupervisorOrder, collector: string): DiskWatch {
  const below = (...names: readonly string[]): readonly string[] => names.map((name) => join(directory, name));
  const folders = {
    prometheus: below("prometheus"),
    loki: below("loki"),
    tempo: [...below("tempo"), tracesFileOf(directory)],
    queues: below("collector/queue"),
    ledger: [...below("alerts"), fileURLToPath(new URL("../data", import.meta.url))],
  };
  return { folders, directory, budget: diskBudget ?? null, collector };
}

function tell(message: SupervisorMessage): void {
  // The one who asked may be gone by now; then nobody needs the answer.
  if (process.connected) process.send?.(message);
}

function describe(error: unknown): Omit<Extract<SupervisorMessage, { readonly ready: false }>, "ready"> {
  if (!(error instanceof OffingError)) return { code: "STACK_FAILED", message: renderError(error), context: {}, hint: null };
  return { code: error.code, message: error.message, context: error.context, hint: error.hint };
}

process.once("message", (order: SupervisorOrder) => {
  void supervise(order).then((code) => {
    process.exitCode = code;
    process.disconnect?.();
  });
});

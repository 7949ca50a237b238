import { fileURLToPath } from "node:url";
import { OffingError, renderError } from "#core/errors.ts";
import { diskWatchOf, watchDisk } from "./disk-watch.ts";
import { keepLokiToShare } from "./loki-share.ts";
import { startStack } from "./start.ts";
import type { SupervisorMessage, SupervisorOrder } from "./up.ts";

/** The process that `up` leaves behind: it owns the parts, and ends when it is told to or when one of them ends by itself. */
async function supervise(order: SupervisorOrder): Promise<number> {
  const told = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => told.abort(new Error(signal)));
  try {
    const stack = await startStack({ ...order, signal: told.signal });
    tell({ ready: true });
    const { directory, diskBudget: budget = null } = order;
    const watch = diskWatchOf({ directory, budget, collector: stack.endpoints.collector, ledgers: [LEDGERS] });
    const keeping = { abort: told.signal, say: (text: string) => void process.stderr.write(text) };
    const watching = [watchDisk(watch, told.signal), ...(budget === null ? [] : [keepLokiToShare(directory, budget.loki, keeping)])];
    const exit = await stack.exited;
    told.abort();
    await Promise.all(watching);
    return exit === null ? 0 : 1;
  } catch (error) {
    tell({ ready: false, ...describe(error) });
    return told.signal.aborted ? 0 : 1;
  }
}

/** The ledgers beside the checkout's configuration. */
const LEDGERS = fileURLToPath(new URL("../data", import.meta.url));

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

/**
 * A signal that aborts at the first Ctrl-C or SIGTERM, so that everything that was started can be stopped in order.
 *
 * A second Ctrl-C ends the process at once.
 */
export function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}

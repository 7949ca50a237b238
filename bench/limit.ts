/** Work took longer than it may. */
export class GivenUp extends Error {}

/** How long work may take, and how long it may clean up after that. */
export interface Limit {
  /** Ends the work early. */
  readonly signal: AbortSignal;
  readonly limitMs: number;
  readonly graceMs: number;
}

/**
 * Does work that is aborted after a while, and that is waited for no longer when it does not end then: so nothing that hangs holds up what
 * comes after it.
 *
 * @throws GivenUp after the limit; the signal's reason after its abort; what the work throws before
 */
export async function withinLimit<T>(work: (signal: AbortSignal) => Promise<T>, { signal, limitMs, graceMs }: Limit): Promise<T> {
  const stop = new AbortController();
  const { promise: graceOver, reject } = Promise.withResolvers<never>();
  let grace: NodeJS.Timeout | undefined;
  const end = (reason: unknown): void => {
    stop.abort(reason);
    grace ??= setTimeout(() => reject(reason), graceMs);
  };
  const limit = setTimeout(() => end(new GivenUp(`it was given up after ${(limitMs / 60_000).toFixed(0)} min`)), limitMs);
  const interrupt = (): void => end(signal.reason);
  if (signal.aborted) interrupt();
  signal.addEventListener("abort", interrupt, { once: true });
  try {
    return await Promise.race([work(stop.signal), graceOver]);
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    signal.removeEventListener("abort", interrupt);
    clearTimeout(limit);
    clearTimeout(grace);
  }
}

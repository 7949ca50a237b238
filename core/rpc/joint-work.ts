/** Work that is done once for all who want it at one moment. */
export class JointWork<T> {
  #running: { readonly result: Promise<T>; readonly signal: AbortSignal } | undefined;

  /**
   * Begins the work, or waits for what is running. It ends with the signal of whoever began it: who waited with another is not let down
   * by that, and has it begun again.
   *
   * @throws what the work throws; the signal's reason when it aborts
   */
  async run(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      this.#running ??= this.#begin(work, signal);
      const { result, signal: beginner } = this.#running;
      try {
        return await result;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (!beginner.aborted) throw error;
      }
    }
  }

  #begin(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): { readonly result: Promise<T>; readonly signal: AbortSignal } {
    const result = work(signal).finally(() => {
      this.#running = undefined;
    });
    return { result, signal };
  }
}

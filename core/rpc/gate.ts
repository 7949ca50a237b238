/** Lets at most so many pieces of work run at once. */
export interface Gate {
  /** Runs the work when its turn comes: what is urgent first, then in order. */
  readonly pass: <T>(work: () => Promise<T>, urgent: boolean) => Promise<T>;
}

/** Opens a gate for `limit` pieces of work. */
export function createGate(limit: number): Gate {
  const urgent: (() => void)[] = [];
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    pass: async (work, isUrgent) => {
      if (running >= limit) await new Promise<void>((resolve) => (isUrgent ? urgent : waiting).push(resolve));
      else running += 1;
      try {
        return await work();
      } finally {
        const next = urgent.shift() ?? waiting.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}

const STRIKES = 3;
const STRIKES_KEPT = 1_000;

/** Tells a node that is away from one that dies of a single question. */
export interface Patience {
  /** Counts that a node was away while it was asked about this; true when it is time to do without. */
  readonly strike: (subject: string) => boolean;
  readonly forget: (subject: string) => void;
}

/** Counts strikes by hash. */
export function createPatience(): Patience {
  const strikes = new Map<string, number>();
  return {
    strike: (subject) => {
      const struck = (strikes.get(subject) ?? 0) + 1;
      if (struck >= STRIKES) return true;
      // What a reorg took away is never asked for again.
      if (strikes.size >= STRIKES_KEPT) strikes.clear();
      strikes.set(subject, struck);
      return false;
    },
    forget: (subject) => void strikes.delete(subject),
  };
}

/** Begins the next piece of work, or gives nothing when there is none. */
export type Begin<T> = () => Promise<T> | undefined;

/** What was done, in order, and what went wrong with the piece after it. */
export interface Done<T> {
  readonly done: readonly T[];
  readonly failed?: { readonly error: unknown };
}

/** Work of which so many pieces are on their way at once, given in the order they were begun in. */
export interface InOrder<T> {
  /** Waits for the next pieces, at most so many; fewer when there are no more, when one failed, or when they weigh enough. */
  readonly take: (atMost: number) => Promise<Done<T>>;
}

/** How much of the work may lie around. */
export interface InOrderOptions<T> {
  /** So many pieces are on their way at once. */
  readonly width: number;
  readonly weightOf: (piece: T) => number;
  /** What is taken at once ends with the piece that reaches this weight. */
  readonly enough: number;
}

/**
 * Works ahead: a piece is begun for each one that is taken, so that what is done and not taken has a bound, and nobody waits while what was
 * taken is used.
 */
export function inOrder<T>(begin: Begin<T>, { width, weightOf, enough }: InOrderOptions<T>): InOrder<T> {
  const under: Promise<{ readonly value: T } | { readonly error: unknown }>[] = [];
  const fill = (): void => {
    // Several are begun at one moment, for what is asked then can be asked together.
    if (under.length > width / 2) return;
    while (under.length < width) {
      const work = begin();
      if (work === undefined) return;
      under.push(
        work.then(
          (value) => ({ value }),
          (error: unknown) => ({ error }),
        ),
      );
    }
  };
  return {
    take: async (atMost) => {
      const done: T[] = [];
      let weight = 0;
      while (done.length < atMost && weight < enough) {
        fill();
        const settled = await under.shift();
        if (settled === undefined) return { done };
        if ("error" in settled) return { done, failed: settled };
        done.push(settled.value);
        weight += weightOf(settled.value);
      }
      fill();
      return { done };
    },
  };
}

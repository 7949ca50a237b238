/** What runs beside the reading, and what is stopped in which order. */
export interface Together {
  /** Ends what reads the world: the caller says so, or a part has failed. */
  readonly stopReading: AbortSignal;
  /** Ends everything else, once what was read is handed over or a part has failed. */
  readonly stopRest: AbortSignal;
}

/** The parts of a running emitter. */
export interface TogetherParts {
  /** Reads the world until `stopReading`. */
  readonly read: (signals: Together) => Promise<void>;
  /** Each runs until `stopRest`. */
  readonly beside: readonly ((stopRest: AbortSignal) => Promise<void>)[];
  /** Waits, after reading has ended, until the rest has handed over what it can; ends early with `stopRest`. */
  readonly drain: (stopRest: AbortSignal) => Promise<void>;
}

/**
 * Runs the parts of an emitter together: reading ends first, then what it read is handed over, then the rest ends. Where one part fails all
 * others are stopped at once.
 *
 * @throws what the first failed part failed with
 */
export async function runTogether({ read, beside, drain }: TogetherParts, abort: AbortSignal): Promise<void> {
  const [reading, rest] = [new AbortController(), new AbortController()];
  const signals = { stopReading: AbortSignal.any([abort, reading.signal]), stopRest: rest.signal };
  const failures: unknown[] = [];
  const guard = async (part: Promise<void>): Promise<void> => {
    try {
      await part;
    } catch (error) {
      // A part that was told to stop may complain of what it could not finish.
      if (!rest.signal.aborted) failures.push(error);
      reading.abort();
      rest.abort();
    }
  };
  const others = beside.map((part) => guard(part(rest.signal)));
  await guard(read(signals));
  await guard(drain(rest.signal));
  rest.abort();
  await Promise.all(others);
  if (failures.length > 0) throw failures[0];
}

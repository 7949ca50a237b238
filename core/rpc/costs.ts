/** What an answer took: how long it was waited for, and how much came. */
export interface Cost {
  readonly ms: number;
  readonly bytes: number;
}

/** What answers of each method took of late. */
export interface Costs {
  /** Notes what one answer took. */
  readonly note: (method: string, cost: Cost) => void;
  /** How many answers of a method may be expected in one response; one as long as nobody knows what it takes. */
  readonly room: (method: string) => number;
}

/** So much is expected in one response at most: a longer one is not had sooner for having been asked at once, and lies in memory as a whole. */
const ROOM: Cost = { ms: 1_000, bytes: 256 * 1024 };
/** The part of the way that a cheaper answer lowers what is expected by; a dearer one raises it at once. */
const EASE = 1 / 8;

/** Keeps of each method what the dearest of its last answers took. */
export function createCosts(): Costs {
  const known = new Map<string, Cost>();
  const moved = (before: number, now: number): number => Math.max(now, before + (now - before) * EASE);
  return {
    note: (method, { ms, bytes }) => {
      const before = known.get(method) ?? { ms, bytes };
      known.set(method, { ms: moved(before.ms, ms), bytes: moved(before.bytes, bytes) });
    },
    room: (method) => {
      const cost = known.get(method);
      if (cost === undefined) return 1;
      return Math.max(1, Math.floor(Math.min(ROOM.ms / Math.max(1, cost.ms), ROOM.bytes / Math.max(1, cost.bytes))));
    },
  };
}

/** What an answer took: how long it was waited for, and how much came. */
export interface Cost {
  readonly ms: number;
  readonly bytes: number;
}

/** What answers of each method took of late, of one endpoint. */
export interface Costs {
  /** Notes what so many answers took that came in one response. */
  readonly note: (method: string, took: Took) => void;
  /** How many answers of a method may be expected in one response; one as long as nobody knows what it takes. */
  readonly room: (method: string) => number;
}

/** A response. */
export interface Took extends Cost {
  readonly calls: number;
  /** False where there was no answer, or one that holds no result: it may come sooner than any that does. */
  readonly whole: boolean;
}

/**
 * So much work is expected for one response at most. An endpoint does what came at once one after the other, and what came apart on as many
 * processors as it has: only where the work is little beside a request is it had sooner for having been asked at once. A long answer lies in
 * memory as a whole.
 */
const ROOM: Cost = { ms: 50, bytes: 256 * 1024 };
/** How far a dearer and a cheaper answer move what is expected: up soon, but not by what held only this one up, such as a commit of ours. */
const RISE = 1 / 2;
const FALL = 1 / 8;

/** Keeps of each method what its dearer answers took of late, beyond what any answer takes on its way. */
export function createCosts(): Costs {
  const known = new Map<string, Cost>();
  let wayMs = Number.POSITIVE_INFINITY;
  return {
    note: (method, { ms, bytes, calls, whole }) => {
      if (whole) wayMs = Math.min(wayMs, ms);
      const each = { ms: Math.max(0, ms - wayMs) / calls, bytes: bytes / calls };
      const before = known.get(method);
      if (!whole && before === undefined) return;
      const fall = whole ? FALL : 0;
      const moved = (was: number, now: number): number => was + (now - was) * (now > was ? RISE : fall);
      const { ms: wasMs, bytes: wasBytes } = before ?? each;
      known.set(method, { ms: moved(wasMs, each.ms), bytes: moved(wasBytes, each.bytes) });
    },
    room: (method) => {
      const cost = known.get(method);
      if (cost === undefined) return 1;
      return Math.max(1, Math.floor(Math.min(ROOM.ms / Math.max(1, cost.ms), ROOM.bytes / Math.max(1, cost.bytes))));
    },
  };
}

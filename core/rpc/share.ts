/** What came of a request: every answer, not every one, that an endpoint does not answer several at once; or nobody waited for it. */
export type End = "answered" | "lost" | "refused" | "left";

/** How many calls share a request. */
export interface Share {
  readonly most: () => number;
  /** Notes that the endpoint was seen to answer so many at once. */
  readonly allow: (count: number) => void;
  /** Learns from a request that was sent when so many shared one. */
  readonly note: (end: End, most: number) => void;
}

/** More is not sent at once, whatever is allowed: an answer that is lost is lost with all of these. */
const MOST = 8;
/** So many requests that were answered let one call more share the next ones. */
const CALM = 32;

/** Halves how many share a request when something was lost, and adds one again after a calm. Who refused once is asked for one at a time. */
export function createShare(): Share {
  let [most, allowed, calm, isRefused] = [1, 1, 0, false];
  return {
    most: () => most,
    allow: (count) => {
      if (!isRefused) most = allowed = Math.min(MOST, count);
    },
    note: (end, sentMost) => {
      if (end === "refused") [most, allowed, isRefused] = [1, 1, true];
      // Several that were on their way at one moment say the same.
      if (end === "lost") [most, calm] = [Math.max(1, Math.min(most, Math.floor(sentMost / 2))), 0];
      if (end === "answered" && most < allowed) calm += 1;
      if (calm >= CALM) [most, calm] = [most + 1, 0];
    },
  };
}

import type { FailoverReason, Fence } from "#contract/generated/shared.ts";

/** Everything the choice of the endpoint that is asked first is made from. What is not known is null. */
export interface Candidate {
  readonly provider: string;
  /** Why it is not asked, or only when no other is left. */
  readonly fence: Fence | null;
  readonly head: number | null;
  readonly finalized: number | null;
  readonly lagBlocks: number | null;
  readonly latencyMs: number | null;
  /** Of late, 0 to 1. */
  readonly errorRatio: number;
  /** How long no fault came from it; null while one did and nothing else since. */
  readonly wellForMs: number | null;
}

/** Who is asked first, and why it is another one than before; null when it stays. */
export interface Choice {
  readonly provider: string;
  readonly reason: FailoverReason | null;
}

/** An endpoint earlier in the configuration takes over again once it has been well for so long. */
export const RETURN_MS = 300_000;
const FAILING = 0.5;

/**
 * Chooses who is asked first. The present one stays while it is well: what is chosen by a hair's breadth is chosen anew with every answer.
 * When it is not, the first one in the order of the configuration takes its place that is.
 */
export function choose(candidates: readonly Candidate[], present: string): Choice {
  const stays = { provider: present, reason: null };
  const own = candidates.find(({ provider }) => provider === present);
  if (own === undefined) return stays;
  const trouble = troubleOf(own);
  if (trouble !== null) {
    const well = candidates.find((other) => other !== own && troubleOf(other) === null);
    // Of two that are both in trouble, one that rests or serves another chain is worth less than one that lags.
    const better = well ?? (isUsable(own) ? undefined : candidates.find((other) => other !== own && isUsable(other)));
    return better === undefined ? stays : { provider: better.provider, reason: trouble };
  }
  const earlier = candidates.slice(0, candidates.indexOf(own)).find((other) => troubleOf(other) === null);
  return earlier !== undefined && (earlier.wellForMs ?? 0) >= RETURN_MS ? { provider: earlier.provider, reason: "recovered" } : stays;
}

/** The order in which endpoints are asked: the first one, then the well ones, then those that may still do; never one that must not be asked. */
export function orderOf(candidates: readonly Candidate[], first: string): readonly string[] {
  const place = (candidate: Candidate): number => (candidate.provider === first ? 0 : troubleOf(candidate) === null ? 1 : 2);
  const usable = candidates.filter(isUsable);
  return usable.toSorted((a, b) => place(a) - place(b)).map(({ provider }) => provider);
}

function troubleOf({ fence, errorRatio }: Candidate): FailoverReason | null {
  if (fence === "resting" || fence === "behind") return fence;
  if (fence !== null) return "fenced";
  return errorRatio >= FAILING ? "failing" : null;
}

/** One whose finality went backwards, or that lags, may still be asked for what its hash proves. */
function isUsable({ fence }: Candidate): boolean {
  return fence === null || fence === "behind" || fence === "finalized_backwards";
}

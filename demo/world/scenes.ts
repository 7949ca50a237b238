import { OffingError } from "#core/errors.ts";
import type { BookedBlock } from "./books.ts";
import {
  breakPsmOracle,
  breakVaultOracle,
  buyback,
  type Call,
  callImpostor,
  dismissImpostor,
  hireImpostor,
  mint,
  oracleUnhealthy,
  redeem,
  redeemTooMuch,
  restoreVaultOracle,
  swallowed,
  TOKEN,
  viaRouter,
} from "./calls.ts";
import type { ReorgOptions } from "./reorg.ts";

/** How long the story lasts on the chain. */
export const STORY_SECONDS = 1500;

/** The scenes by name. */
export type SceneId =
  | "honest"
  | "plain-revert"
  | "impostor"
  | "psm-oracle-removed"
  | "psm-blocked"
  | "swallowed"
  | "buyback-required"
  | "buyback-restored"
  | "buyback-unhealthy"
  | "psm-still-blocked"
  | "doomed-branch"
  | "reorg"
  | "aftermath";

/** One block of a scene: its time in seconds after the story's start, and what is sent for it. */
interface Beat {
  readonly at: number;
  readonly calls: readonly Call[];
}

/** A scene as it is planned: first the reorg, if it is one, then the blocks. */
export interface ScenePlan {
  readonly id: SceneId;
  readonly title: string;
  readonly beats: readonly Beat[];
  readonly replaces?: (chain: readonly BookedBlock[]) => ReorgOptions;
}

/** The blocks that the reorg will take away; user 5 sends nothing else in them, so its mint can be mined again. */
const doomedBeats: readonly Beat[] = [
  { at: 1320, calls: [mint({ user: 5 }), redeem({ user: 1 }), buyback({ user: 2 })] },
  { at: 1335, calls: [breakVaultOracle, viaRouter("mint", { user: 3 })] },
  { at: 1350, calls: [buyback({ user: 2 }), viaRouter("executeBuyback", { user: 4 }), redeem({ user: 1 })] },
  { at: 1365, calls: [restoreVaultOracle, buyback({ user: 2 })] },
];

/** The whole story, in order; the times of all beats rise. */
export const plot: readonly ScenePlan[] = [
  { id: "honest", title: "Users mint, redeem and buy back; all goes well", beats: every(60, { from: 0, to: 480 }, honestCalls) },
  {
    id: "plain-revert",
    title: "A redemption asks for more than is held: InsufficientCollateral, no oracle involved",
    beats: [{ at: 510, calls: [redeemTooMuch(), viaRouter("redeem", { user: 1, amount: 10n ** 6n * TOKEN })] }],
  },
  {
    id: "impostor",
    title: "A foreign contract reverts with PSM_ORACLE_MISSING's bytes, first alone, then from inside a buyback",
    beats: [
      { at: 540, calls: [callImpostor({ user: 6 }), hireImpostor] },
      { at: 552, calls: [buyback({ user: 6 })] },
      { at: 564, calls: [dismissImpostor] },
    ],
  },
  { id: "psm-oracle-removed", title: "Governance takes the PSM's oracle away", beats: [{ at: 600, calls: [breakPsmOracle] }] },
  {
    id: "psm-blocked",
    title: "Every mint and redeem reverts with PSM_ORACLE_MISSING, some through the router",
    beats: every(30, { from: 630, to: 900 }, blockedCalls),
  },
  {
    id: "swallowed",
    title: "The router swallows a blocked mint: its transaction succeeds, the mint did not happen",
    beats: [{ at: 915, calls: [swallowed("mint", { user: 3 })] }],
  },
  {
    id: "buyback-required",
    title: "Governance takes the vault's oracle away too: BUYBACK_ORACLE_REQUIRED",
    beats: [
      { at: 930, calls: [breakVaultOracle, mint({ user: 1 })] },
      { at: 945, calls: [buyback({ user: 2 }), redeem({ user: 1 })] },
      { at: 960, calls: [viaRouter("executeBuyback", { user: 4 })] },
      { at: 975, calls: [buyback({ user: 2 }), mint({ user: 0 })] },
    ],
  },
  {
    id: "buyback-restored",
    title: "Governance gives the vault its oracle back, and a buyback goes through",
    beats: [
      { at: 990, calls: [restoreVaultOracle] },
      { at: 1005, calls: [buyback({ user: 2 })] },
    ],
  },
  {
    id: "buyback-unhealthy",
    title: "The oracle declares itself unhealthy: seven buybacks meet BUYBACK_ORACLE_UNHEALTHY",
    beats: [
      { at: 1020, calls: [oracleUnhealthy] },
      ...every(15, { from: 1035, to: 1125 }, (index) =>
        index % 2 === 0 ? [buyback({ user: 2 })] : [buyback({ user: 4 }), mint({ user: 0 })],
      ),
    ],
  },
  {
    id: "psm-still-blocked",
    title: "The PSM stays blocked, past the tenth minute",
    beats: every(30, { from: 1140, to: 1290 }, blockedCalls),
  },
  { id: "doomed-branch", title: "Four blocks with blocked operations of each reason code", beats: doomedBeats },
  { id: "reorg", title: "A reorg replaces these four blocks by others", beats: [], replaces: newBranch },
  {
    id: "aftermath",
    title: "The new branch grows; the PSM is blocked to this moment, and so are buybacks",
    beats: [
      { at: 1400, calls: [mint({ user: 0 }), viaRouter("redeem", { user: 3 })] },
      { at: 1450, calls: [buyback({ user: 2 }), redeem({ user: 1 })] },
      { at: STORY_SECONDS, calls: [mint({ user: 0 }), viaRouter("mint", { user: 3 })] },
    ],
  },
];

/** Plans beats at a steady distance, the last one included. */
function every(
  seconds: number,
  span: { readonly from: number; readonly to: number },
  calls: (index: number) => readonly Call[],
): readonly Beat[] {
  const count = Math.floor((span.to - span.from) / seconds) + 1;
  return Array.from({ length: count }, (_, index) => ({ at: span.from + index * seconds, calls: calls(index) }));
}

function honestCalls(index: number): readonly Call[] {
  const amount = 10n * TOKEN;
  const routed = index % 2 === 0 ? viaRouter("mint", { user: 3 }) : viaRouter("redeem", { user: 3, amount });
  return [mint({ user: 0 }), redeem({ user: 1, amount }), routed, buyback({ user: 2 })];
}

function blockedCalls(index: number): readonly Call[] {
  if (index % 3 === 2) return [viaRouter(index % 2 === 0 ? "mint" : "redeem", { user: 3 }), redeem({ user: 1 })];
  return [mint({ user: 0 }), redeem({ user: 1 })];
}

/** The blocks in place of the doomed ones: one mint of theirs is mined again, the rest is new or gone, the vault's oracle never left. */
function newBranch(chain: readonly BookedBlock[]): ReorgOptions {
  const again = chain.at(-doomedBeats.length)?.transactions[0];
  if (again === undefined) throw new OffingError("DEMO_FAILED", { message: "the reorg found no block to replace" });
  return {
    depth: doomedBeats.length,
    secondsPerBlock: 20,
    blocks: [[viaRouter("mint", { user: 3 })], [{ kind: "again", txHash: again }, redeem({ user: 4 })], [buyback({ user: 2 })], []],
  };
}

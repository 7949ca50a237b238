/** What links a block to the chain. */
export interface Header {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
}

/** What of the chain was applied. */
export interface Known {
  /** The newest applied block; undefined before the first. */
  readonly tip: Pick<Header, "number" | "hash"> | undefined;
  /** The number of the first block that was ever applied. */
  readonly first: number | undefined;
  /** The hash of the applied block at a height, as far back as a reorg is followed. */
  readonly hashAt: (number: number) => string | undefined;
}

/** What to do about the node's head. */
export type Step =
  /** Nothing is new, or the chain has not come to where we start. */
  | { readonly type: "wait" }
  /** The node stands behind what it or another one showed before: this is no reorg. */
  | { readonly type: "stale" }
  /** The blocks of these heights come next, if the first of them follows the newest applied one. */
  | { readonly type: "range"; readonly from: number; readonly to: number }
  /** The head is too far away to come to it in order: go on there, and fill in what lies between behind it. */
  | { readonly type: "jump" }
  /** The head is on another branch that is not longer: follow its parents down to where it left ours. */
  | { readonly type: "branch" };

/** Where a new ledger starts and how far it goes in order. */
export interface StepOptions {
  readonly startBlock: number | "latest";
  /** How many blocks are come up to in order; beyond that the head is gone on at. */
  readonly jumpAbove: number;
}

/**
 * Says what to do about a head. Only hashes decide: a head of the same or a lower height that was never applied is a reorg, one that was
 * applied is a node that lags.
 */
export function nextStep({ tip, first, hashAt }: Known, head: Header, { startBlock, jumpAbove }: StepOptions): Step {
  if (tip === undefined || first === undefined) {
    const from = startBlock === "latest" ? head.number : startBlock;
    if (head.number - from > jumpAbove) return { type: "jump" };
    return from > head.number ? { type: "wait" } : { type: "range", from, to: head.number };
  }
  if (head.hash === tip.hash) return { type: "wait" };
  if (head.number - tip.number > jumpAbove) return { type: "jump" };
  if (head.number > tip.number) return { type: "range", from: tip.number + 1, to: head.number };
  if (head.number < first) return { type: "stale" };
  const applied = hashAt(head.number);
  // Below the window nothing is known any more; so far down a node is behind, or on a chain that is not followed.
  return applied === undefined || applied === head.hash ? { type: "stale" } : { type: "branch" };
}

/**
 * Says whether a block can be applied now: `joins` when its parent is an applied block or nothing lies below it, `apart` when its own
 * parent must be looked at first, `lost` when its branch left ours below the blocks that can still be taken back.
 */
export function jointOf({ tip, first, hashAt }: Known, block: Header): "joins" | "apart" | "lost" {
  if (tip === undefined || block.number === first) return "joins";
  const parent = hashAt(block.number - 1);
  if (parent === undefined) return "lost";
  return parent === block.parentHash ? "joins" : "apart";
}

/** How many blocks of a list follow each other, from its first. */
export function linkedLength(blocks: readonly Header[]): number {
  const broken = blocks.findIndex((block, index) => {
    const before = blocks[index - 1];
    return before !== undefined && (block.parentHash !== before.hash || block.number !== before.number + 1);
  });
  return broken === -1 ? blocks.length : broken;
}

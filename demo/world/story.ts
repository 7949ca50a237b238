import { OffingError } from "#core/errors.ts";
import type { BookedBlock, ConfigChange } from "./books.ts";
import type { World } from "./deploy.ts";
import { reorg } from "./reorg.ts";
import { plot, type SceneId, STORY_SECONDS } from "./scenes.ts";
import { headOf, play } from "./traffic.ts";
import { countOperations, type OperationCount, operationsOf } from "./truth.ts";

/** What one scene of the story did to the chain. */
export interface Scene {
  readonly id: SceneId;
  /** One sentence for a person. */
  readonly title: string;
  /** The blocks it mined, oldest first. */
  readonly blocks: readonly BookedBlock[];
  /** The operations in these blocks. */
  readonly expected: readonly OperationCount[];
  /** The operations that it took off the chain; empty for every scene but the reorg. */
  readonly orphaned: readonly OperationCount[];
  /** The changes of configuration in its blocks. */
  readonly changes: readonly ConfigChange[];
}

/** How the story is told. */
export interface StoryOptions {
  /** The last block's time in Unix seconds; the story begins 25 minutes before. */
  readonly endSeconds: number;
  /** Awaited after each scene: resolve it when an indexer has seen the scene's blocks, since a later scene orphans some. */
  readonly settled?: (scene: Scene) => Promise<void>;
  /** Scenes to leave out; only these stand alone. */
  readonly skip?: readonly ("plain-revert" | "impostor" | "swallowed")[];
}

/**
 * Tells the seed's story on a fresh chain, scene by scene: 25 minutes of chain time in a few seconds.
 *
 * At its end the PSM has been blocked for more than ten minutes without a success, more than five buybacks of the last hour met an
 * unhealthy oracle, and a reorg has taken back blocked operations of each reason code.
 *
 * @throws DEMO_FAILED when the chain is already past the story's beginning, or as `play` and `reorg` do.
 * @see seed 000, phase C.3
 */
export async function* story(world: World, options: StoryOptions): AsyncGenerator<Scene, void, void> {
  const startSeconds = Math.floor(options.endSeconds) - STORY_SECONDS;
  const headSeconds = Number((await headOf(world)).timestamp);
  if (headSeconds >= startSeconds) {
    throw new OffingError("DEMO_FAILED", {
      message: "the chain is already past the story's beginning",
      context: { head_seconds: headSeconds, start_seconds: startSeconds },
      hint: "Start anvil with a genesis time more than 25 minutes before the story's end.",
    });
  }
  const skipped = new Set<SceneId>(options.skip ?? []);
  for (const { id, title, beats, replaces } of plot) {
    if (skipped.has(id)) continue;
    const orphaned: BookedBlock[] = [];
    const blocks: BookedBlock[] = [];
    if (replaces !== undefined) {
      const replaced = await reorg(world, replaces(world.books.chain));
      orphaned.push(...replaced.orphaned);
      blocks.push(...replaced.mined);
    }
    for (const beat of beats) blocks.push(await play(world, beat.calls, { atSeconds: startSeconds + beat.at }));
    const scene: Scene = {
      id,
      title,
      blocks,
      expected: countOperations(operationsOf(blocks)),
      orphaned: countOperations(operationsOf(orphaned)),
      changes: blocks.flatMap((block) => block.changes),
    };
    yield scene;
    await options.settled?.(scene);
  }
}

import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Clock } from "#core/clock.ts";
import type { Log } from "#core/log.ts";
import type { Resume, Seen, Source } from "#core/source.ts";
import type { StateChange } from "#core/state.ts";
import type { InputConfig, NodeConfig } from "./config.ts";
import { Follow } from "./follow.ts";
import { Journal } from "./journal.ts";
import { type NodeObservation, POSITIONS, type Position } from "./observation.ts";
import { Spool } from "./spool.ts";

/** What the source works with. */
export interface SourceDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Where standard input comes from. */
  readonly stdin: Readable;
  /** Where it is kept until it is read. */
  readonly spoolFolder: string;
}

/** The source and what it learns of commits. */
export interface NodeSource {
  readonly source: Source<NodeObservation>;
  readonly onCommitted: (changes: readonly StateChange[]) => void;
}

/** One input, however its lines come. */
interface Feed {
  /** Looks at what is there, a few times a second. */
  look(): Promise<NodeObservation[]>;
  next(): Promise<NodeObservation | undefined>;
  readonly unreadBytes: number;
  readonly isOver?: boolean;
  onCommitted?(changes: readonly StateChange[]): void;
  close(): Promise<void>;
}

const LOOK_MS = 100;
const TICK_MS = 1_000;
/** Read at once: each reading costs as much as interpreting some hundred lines. */
const CHUNK_BYTES = 262_144;

/** Reads every configured input, in turns, from where the state says; it ends by itself once all of them have. */
export function nodeSource(config: NodeConfig, deps: SourceDeps): NodeSource {
  let feeds: readonly Feed[] = [];
  return {
    onCommitted: (changes) => {
      for (const feed of feeds) feed.onCommitted?.(changes);
    },
    source: async function* (resume, signal) {
      feeds = config.inputs.map((input) => openFeed(input, config, deps, resume));
      try {
        yield* pull(feeds, deps.clock, signal);
      } finally {
        for (const feed of feeds) await feed.close();
      }
    },
  };
}

async function* pull(feeds: readonly Feed[], clock: Clock, signal: AbortSignal): AsyncGenerator<readonly Seen<NodeObservation>[]> {
  let [lookedMs, tickedMs] = [0, 0];
  while (!signal.aborted && !feeds.every(({ isOver }) => isOver === true)) {
    const nowMs = clock.nowMs();
    if (nowMs - lookedMs >= LOOK_MS || nowMs < lookedMs) {
      for (const feed of feeds) for (const observation of await feed.look()) yield [seen(observation)];
      lookedMs = nowMs;
    }
    let found = false;
    for (const feed of feeds) {
      const observation = await feed.next();
      if (observation === undefined) continue;
      found = true;
      yield [seen(observation)];
    }
    if (nowMs - tickedMs >= TICK_MS || nowMs < tickedMs) {
      yield [seen({ type: "tick", atMs: nowMs, unreadBytes: feeds.reduce((sum, { unreadBytes }) => sum + unreadBytes, 0) })];
      tickedMs = nowMs;
    }
    if (found) continue;
    yield [];
    await clock.sleep(LOOK_MS, signal);
  }
}

function openFeed(input: InputConfig, { maxLineBytes, from, spoolBytes }: NodeConfig, deps: SourceDeps, { state }: Resume): Feed {
  const { nowMs } = deps.clock;
  // The interpreter wrote them.
  const positions = new Map(state.entries(POSITIONS)) as ReadonlyMap<string, unknown> as ReadonlyMap<
    string,
    Position & { cursor?: string }
  >;
  const common = { format: input.format, from, nowMs, chunkBytes: CHUNK_BYTES, maxLineBytes };
  if (input.type === "journald") return new Journal({ ...input, ...common, log: deps.log }, positions);
  const files = new Map([...positions].filter(([, position]) => position.path !== undefined));
  if (input.type === "stdin") {
    const options = { ...common, wrap: "none" as const, path: join(deps.spoolFolder), input: deps.stdin, maxBytes: spoolBytes };
    return new Spool(options, files);
  }
  return new Follow({ ...common, path: input.path, pattern: input.pattern, wrap: input.type === "docker" ? "docker" : "none" }, files);
}

function seen(observation: NodeObservation): Seen<NodeObservation> {
  return { feed: "log", observation };
}

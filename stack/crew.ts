import { renameSync } from "node:fs";
import { renderError } from "#core/errors.ts";
import { createPart, type Part, type PartExit } from "./part.ts";
import type { PartName, PartSpec } from "./part-specs.ts";
import { type PartState, removeState, type StackEndpoints, writeFailure, writeState } from "./state.ts";
import { startWatchdog } from "./watchdog.ts";

/** The parts of a stack by name; `tempo` and the alert history only where they are wanted. */
export type StackParts = Readonly<
  Record<"collector" | "prometheus" | "alertmanager" | "loki", Part> & Partial<Record<"tempo" | "alerts", Part>>
>;

/** What is to run. */
export interface CrewPlan {
  readonly directory: string;
  readonly specs: readonly PartSpec[];
  readonly endpoints: StackEndpoints;
}

/** Parts that live and die together. */
export interface Crew {
  readonly parts: StackParts;
  /**
   * Starts all parts at once; when one fails, none is left.
   *
   * @throws OffingError STACK_FAILED, PORT_TAKEN; the signal's reason when it aborts
   */
  readonly start: (signal: AbortSignal | undefined) => Promise<void>;
  /** Stops all parts; may be called more than once. */
  readonly end: () => Promise<void>;
  /** The part that ended by itself, once the others are stopped too; null after `end`. */
  readonly exited: Promise<PartExit | null>;
}

/** A crew that is not started. While it runs, its state stands in the folder and a watchdog guards it. */
export function createCrew({ directory, specs, endpoints }: CrewPlan): Crew {
  const watchdog = startWatchdog();
  const exit = Promise.withResolvers<PartExit | null>();
  let ready = false;
  let ending: Promise<void> | undefined;
  const end = (partExit: PartExit | null): Promise<void> => {
    ending ??= stopAll(parts).then(() => {
      watchdog.end();
      removeState(directory);
      if (partExit !== null) writeFailure(directory, renderError(partExit.error));
      exit.resolve(partExit);
    });
    return ending;
  };
  const save = (): void => {
    if (ending !== undefined) return;
    writeState(directory, { version: 1, ready, endpoints, parts: specs.map((spec, index) => describe(spec, parts[index])) });
  };
  const parts: Part[] = specs.map((spec) =>
    createPart(spec, {
      onStart: (identity) => {
        watchdog.add(identity);
        save();
      },
      onEnd: (identity) => {
        watchdog.drop(identity);
        save();
      },
      onExit: (partExit) => void end(partExit),
    }),
  );
  const start = async (signal: AbortSignal | undefined): Promise<void> => {
    for (const spec of specs) keepOldLog(spec.logFile);
    try {
      await startAll(parts, signal);
    } catch (error) {
      await end(null);
      throw error;
    }
    ready = true;
    save();
  };
  return { parts: byName(parts), start, end: () => end(null), exited: exit.promise };
}

/** The first failure stops the others from starting, and is the one that is told. */
async function startAll(parts: readonly Part[], signal: AbortSignal | undefined): Promise<void> {
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const starts = parts.map(async (part) => {
    try {
      await part.start(either);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(starts);
  either.throwIfAborted();
}

/** What sends goes first, then the Collector: it keeps what it cannot send, and the backends are not asked for anything while they go. */
async function stopAll(parts: readonly Part[]): Promise<void> {
  await parts.find((part) => part.name === "alerts")?.stop();
  await parts.find((part) => part.name === "collector")?.stop();
  await Promise.all(parts.map((part) => part.stop()));
}

function describe(spec: PartSpec, part: Part | undefined): PartState {
  const { name, address, readyUrl, logFile: log } = spec;
  return { name, version: spec.tool.version, process: part?.process ?? null, address, readyUrl, log };
}

function byName(parts: readonly Part[]): StackParts {
  const find = (name: PartName): Part => {
    const part = parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw new TypeError(`the stack has no ${name}`);
    return part;
  };
  const optional = (name: "tempo" | "alerts"): Partial<Record<typeof name, Part>> => {
    const part = parts.find((candidate) => candidate.name === name);
    return part === undefined ? {} : { [name]: part };
  };
  return {
    collector: find("collector"),
    prometheus: find("prometheus"),
    alertmanager: find("alertmanager"),
    loki: find("loki"),
    ...optional("tempo"),
    ...optional("alerts"),
  };
}

/** One run back is kept, so that a restart does not wipe why the last run failed. */
function keepOldLog(file: string): void {
  try {
    renameSync(file, `${file}.1`);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

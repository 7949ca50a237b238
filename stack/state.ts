import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { PartName } from "./part-specs.ts";
import { isRunning, type ProcessIdentity, signalProcess } from "./process-identity.ts";

const GRACE_MS = 10_000;
const POLL_MS = 50;

/** Where to reach the parts. */
export interface StackEndpoints {
  /** The OTLP/HTTP base; `/v1/metrics`, `/v1/logs` and `/v1/traces` are below it. */
  readonly collector: string;
  /** OTLP/gRPC, host and port. */
  readonly collectorGrpc: string;
  readonly prometheus: string;
  readonly loki: string;
  readonly alertmanager: string;
  /** Null where there is no Tempo. */
  readonly tempo: string | null;
  /** Where spans go instead: OTLP JSON, one request a line. Null where there is a Tempo. */
  readonly tracesFile: string | null;
}

/** What a running stack writes down about itself, so that other processes find it. It holds no secret. */
export interface StackState {
  readonly version: 1;
  /** False until every part was ready once. */
  readonly ready: boolean;
  readonly endpoints: StackEndpoints;
  readonly parts: readonly PartState[];
}

/** One part in the state. */
export interface PartState {
  readonly name: PartName;
  readonly version: string;
  readonly process: ProcessIdentity | null;
  readonly address: string;
  readonly readyUrl: string;
  readonly log: string;
}

const Schema: z.ZodType<StackState> = z.object({
  version: z.literal(1),
  ready: z.boolean(),
  endpoints: z.object({
    collector: z.string(),
    collectorGrpc: z.string(),
    prometheus: z.string(),
    loki: z.string(),
    alertmanager: z.string(),
    tempo: z.string().nullable(),
    tracesFile: z.string().nullable(),
  }),
  parts: z.array(
    z.object({
      name: z.enum(["collector", "prometheus", "alertmanager", "loki", "tempo", "alerts"]),
      version: z.string(),
      process: z.object({ pid: z.number().int().positive(), started: z.string() }).nullable(),
      address: z.string(),
      readyUrl: z.string(),
      log: z.string(),
    }),
  ),
});

/** The lock that the owner of a stack folder holds for its life. */
export function lockFileOf(directory: string): string {
  return join(directory, "owner.lock");
}

/** Reads the state of the stack in `directory`; null when there is none that can be read. */
export function readState(directory: string): StackState | null {
  try {
    return Schema.parse(JSON.parse(readFileSync(stateFileOf(directory), "utf8")));
  } catch {
    return null;
  }
}

/** Replaces the state in one step; a reader sees the old one or the new one. */
export function writeState(directory: string, state: StackState): void {
  mkdirSync(directory, { recursive: true });
  const draft = `${stateFileOf(directory)}.draft`;
  writeFileSync(draft, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(draft, stateFileOf(directory));
}

/** Forgets the state. */
export function removeState(directory: string): void {
  rmSync(stateFileOf(directory), { force: true });
}

/** Why the last stack in `directory` ended by itself, ready to print, or null. */
export function readFailure(directory: string): string | null {
  try {
    return readFileSync(failureFileOf(directory), "utf8").trimEnd();
  } catch {
    return null;
  }
}

/** Keeps why the stack ended by itself for whoever asks for its status, or forgets it. */
export function writeFailure(directory: string, failure: string | null): void {
  if (failure === null) rmSync(failureFileOf(directory), { force: true });
  else writeFileSync(failureFileOf(directory), `${failure}\n`);
}

/** Stops what an owner that died has left behind. The caller holds the lock, so nobody else is at work here. */
export async function endLeftovers(directory: string): Promise<readonly string[]> {
  const left = (readState(directory)?.parts ?? []).filter((part) => part.process !== null && isRunning(part.process));
  await endProcesses(left.flatMap((part) => (part.process === null ? [] : [part.process])));
  removeState(directory);
  return left.map((part) => part.name);
}

/** Ends processes that are no children of this one: SIGTERM, SIGKILL after `graceMs`. A reused id is left alone. */
export async function endProcesses(processes: readonly ProcessIdentity[], graceMs: number = GRACE_MS): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const told = processes.filter((identity) => signalProcess(identity, signal));
    for (let waitedMs = 0; waitedMs < graceMs && told.some(isRunning); waitedMs += POLL_MS) await sleep(POLL_MS);
  }
}

function stateFileOf(directory: string): string {
  return join(directory, "state.json");
}

function failureFileOf(directory: string): string {
  return join(directory, "failure.txt");
}

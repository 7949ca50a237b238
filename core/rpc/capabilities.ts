import { rpcEndpointArchive, rpcEndpointBatch, rpcEndpointTraceTime } from "#contract/generated/shared.ts";
import type { Meter } from "#core/meter.ts";
import { faultOf } from "./endpoint.ts";
import { type Member, mayPass, type ProbeOptions, probe } from "./member.ts";

type Probing<M extends string> = ProbeOptions<M> & { readonly signal: AbortSignal };

/**
 * Finds out what an endpoint can do beside its methods: how deep its state goes, how large a batch it answers, and how long a trace of its
 * newest block takes. Asked of each endpoint once.
 */
export async function probeCapabilities<M extends string>(member: Member<M>, options: Probing<M>): Promise<void> {
  await probeArchive(member, options);
  await probeBatch(member, options);
  await probeTrace(member, options);
}

const DEPTHS = [1_000_000, 100_000, 10_000, 1_000, 128] as const;

/** Finds how far below its head an endpoint still has state, of a few depths. */
async function probeArchive<M extends string>(member: Member<M>, { methods, ask, meter, signal }: Probing<M>): Promise<void> {
  const { archive } = methods;
  const { head } = member.health;
  if (archive === undefined || head === undefined) return;
  const { provider } = member.endpoint;
  for (const depth of [head, ...DEPTHS].filter((one) => one <= head)) {
    try {
      await ask(member, archive(head - depth), signal);
      meter.set(rpcEndpointArchive.at({ provider }, depth));
      return;
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      if (faultOf(error) !== "rpc_error") return;
    }
  }
  meter.set(rpcEndpointArchive.at({ provider }, 0));
}

const BATCHES = [100, 20, 5] as const;

/** Finds how many requests an endpoint answers at once. That it refuses too many is an answer, and says nothing of its health. */
async function probeBatch<M extends string>({ endpoint }: Member<M>, { methods, meter, signal }: Probing<M>): Promise<void> {
  const { provider } = endpoint;
  for (const size of BATCHES) {
    try {
      if ((await endpoint.askBatch(methods.identity, size, signal)) !== size) continue;
      meter.set(rpcEndpointBatch.at({ provider }, size));
      return;
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      if (isOut(error)) return;
    }
  }
  meter.set(rpcEndpointBatch.at({ provider }, 1));
}

/** It answers nothing at the moment, whatever is asked: that says nothing of what it can do. */
function isOut(error: unknown): boolean {
  const { status } = (error as { readonly context: Readonly<Record<string, unknown>> }).context;
  return faultOf(error) === "unreachable" || (typeof status === "number" && status >= 500);
}

/** Asks for one trace: how it ends is noted as that of any other. */
async function probeTrace<M extends string>(member: Member<M>, options: Probing<M>): Promise<void> {
  const { methods, ask, signal } = options;
  const question = methods.tracing?.probe;
  if (question === undefined) return;
  try {
    // Whether it has the method is found out once, whoever wants to know it.
    if (question.method in methods.optional && !(await probe(member, question.method, options))) return;
    await ask(member, question, signal);
  } catch (error) {
    if (signal.aborted || !mayPass(error)) throw error;
  }
}

/** How long a request took and what came of it. */
export interface TraceTaken {
  readonly elapsedMs: number;
  /** Undefined for an answer. */
  readonly error: unknown;
  readonly meter: Meter;
}

/** Learns from each trace how long an endpoint lets one run. */
export function noteTrace<M extends string>(member: Member<M>, { elapsedMs, error, meter }: TraceTaken): void {
  const end = error === undefined ? "answered" : gaveUp(error) ? "given_up" : undefined;
  if (end === undefined) return;
  const known = member.traceMs[end];
  const told = known === undefined ? elapsedMs : Math[end === "answered" ? "max" : "min"](known, elapsedMs);
  member.traceMs[end] = told;
  meter.set(rpcEndpointTraceTime.at({ provider: member.endpoint.provider, trace_end: end }, told / 1000));
}

/** The node says that time was up, or the gateway before it does. */
function gaveUp(error: unknown): boolean {
  if (!mayPass(error)) return false;
  const { status, detail } = (error as { readonly context: Readonly<Record<string, unknown>> }).context;
  return faultOf(error) === "rpc_error" ? /time(d )?[ -]?out|deadline/i.test(String(detail)) : status === 504 || status === 408;
}

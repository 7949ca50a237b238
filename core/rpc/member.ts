import { rpcEndpointCapability } from "#contract/generated/shared.ts";
import { OffingError } from "#core/errors.ts";
import type { Meter } from "#core/meter.ts";
import { answerFault, type Endpoint, faultOf, isMethodMissing, methodLabel } from "./endpoint.ts";
import { type Health, UNTRIED } from "./health.ts";
import { JointWork } from "./joint-work.ts";
import type { MethodTable, RpcRequest } from "./methods.ts";

/** An endpoint with what was learnt of it. */
export interface Member<M extends string> {
  readonly endpoint: Endpoint<M>;
  /** It answered with the right chain since it was last out of reach. */
  verified: boolean;
  /** The question for its chain that is on its way. */
  readonly verifying: JointWork<void>;
  /** It answered with the right chain at least once. */
  everVerified: boolean;
  readonly has: Map<M, boolean>;
  /** The longest trace it answered, and the shortest it gave up. */
  readonly traceMs: { answered?: number; given_up?: number };
  /** The probes that are on their way. */
  readonly probing: Map<M, JointWork<boolean>>;
  health: Health;
}

/** An endpoint of which nothing is known. */
export function untried<M extends string>(endpoint: Endpoint<M>): Member<M> {
  return {
    endpoint,
    verified: false,
    verifying: new JointWork(),
    everVerified: false,
    has: new Map(),
    probing: new Map(),
    traceMs: {},
    health: UNTRIED,
  };
}

/** Which chain all endpoints must serve. */
export interface Identity {
  readonly chainId: string | number;
  /** The hash of its first block: the configured one, or else that of the first endpoint that tells. */
  genesis: string | undefined;
}

/**
 * Asks an endpoint for its chain, unless it has told since it was last out of reach.
 *
 * @throws SOURCE_CHAIN_MISMATCH when it serves another; what `ask` throws
 */
export async function verify<M extends string>(
  member: Member<M>,
  { methods, identity }: { readonly methods: MethodTable<M>; readonly identity: Identity },
  signal: AbortSignal,
): Promise<void> {
  if (member.verified) return;
  await member.verifying.run((own) => verifyNow(member, { methods, identity }, own), signal);
}

async function verifyNow<M extends string>(
  member: Member<M>,
  { methods, identity }: { readonly methods: MethodTable<M>; readonly identity: Identity },
  signal: AbortSignal,
): Promise<void> {
  const { endpoint } = member;
  const served = methods.identity.served(await endpoint.ask(methods.identity, signal));
  if (served === undefined) throw answerFault("unknown", "the node does not say its chain id");
  if (served !== identity.chainId) throw mismatch(endpoint.provider, { configured: identity.chainId, served });
  const { genesis } = methods;
  // A node may lack its first block; then its chain id is all there is.
  const first = genesis === undefined ? undefined : genesis.hash(await endpoint.ask(genesis, signal).catch(passing(signal)));
  if (first !== undefined && first !== (identity.genesis ?? first)) {
    throw mismatch(endpoint.provider, { configured: identity.genesis ?? "", served: first });
  }
  identity.genesis ??= first;
  member.verified = true;
  member.everVerified = true;
}

/** How an endpoint is asked by the pool: counted, and in its turn. */
export type AskMember<M extends string> = (member: Member<M>, request: RpcRequest<M>, signal: AbortSignal) => Promise<unknown>;

/** What a probe needs. */
export interface ProbeOptions<M extends string> {
  readonly methods: MethodTable<M>;
  readonly ask: AskMember<M>;
  readonly meter: Meter;
}

/** Asks an endpoint once whether it has a method. One that is out of reach is asked again another time, and may have it until then. */
export async function probe<M extends string>(
  member: Member<M>,
  method: M,
  options: ProbeOptions<M> & { readonly signal: AbortSignal },
): Promise<boolean> {
  const known = member.has.get(method);
  if (known !== undefined) return known;
  const probing = member.probing.get(method) ?? new JointWork();
  member.probing.set(method, probing);
  return await probing.run((own) => probeNow(member, method, { ...options, signal: own }), options.signal);
}

async function probeNow<M extends string>(
  member: Member<M>,
  method: M,
  { methods, ask, meter, signal }: ProbeOptions<M> & { readonly signal: AbortSignal },
): Promise<boolean> {
  try {
    // A question that every node answers: what fails here says nothing of the method.
    await ask(member, methods.identity, signal);
  } catch (error) {
    if (!signal.aborted && faultOf(error) === "wrong_chain") return false;
    if (signal.aborted || !mayPass(error)) throw error;
    return true;
  }
  try {
    await ask(member, { method, params: methods.optional[method] ?? [] }, signal);
  } catch (error) {
    if (signal.aborted || !mayPass(error)) throw error;
    if (isMethodMissing(error)) {
      learn(member, method, { has: false, meter });
      return false;
    }
    if (faultOf(error) !== "rpc_error") return true;
  }
  learn(member, method, { has: true, meter });
  return true;
}

/** Notes whether an endpoint has a method. */
export function learn<M extends string>(
  member: Member<M>,
  method: M,
  { has, meter }: { readonly has: boolean; readonly meter: Meter },
): void {
  member.has.set(method, has);
  const label = methodLabel(method);
  if (label !== "other") meter.set(rpcEndpointCapability.at({ provider: member.endpoint.provider, method: label }, has ? 1 : 0));
}

/** Says whether a fault may pass. */
export function mayPass(error: unknown): boolean {
  return error instanceof OffingError && error.retry === "later";
}

function passing(signal: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (signal.aborted || !mayPass(error) || faultOf(error) !== "rpc_error") throw error;
    return undefined;
  };
}

function mismatch(provider: string, told: { readonly configured: string | number; readonly served: string | number }): OffingError {
  const context = { fault: "wrong_chain", provider, ...told };
  return new OffingError("SOURCE_CHAIN_MISMATCH", { message: "an endpoint serves another chain than the configured one", context });
}

import type { ActorKind } from "#contract/generated/chain.ts";
import type { Frame, TransactionSeen } from "../observation.ts";
import type { Watch } from "../watch.ts";

/** Who changed a configuration. */
export interface Actor {
  /** The address: of a configured governance actor, or else msg.sender at the contract that changed. */
  readonly changedBy: string;
  /** The configured name, when it has one. */
  readonly actor: string | null;
  readonly actorKind: ActorKind;
}

/**
 * Who stands behind a change at a contract: the governance actor nearest to it on the way from the transaction's sender, or who called it.
 *
 * Without a trace the way is not known, and the transaction's own ends stand for it.
 */
export function actorOf({ trace, from, to }: TransactionSeen, address: string, { governance }: Pick<Watch, "governance">): Actor {
  const way = (trace === null ? undefined : wayTo(trace, address)) ?? (to === null || to === address ? [from] : [from, to]);
  const nearest = way.findLast((step) => governance.has(step));
  const known = nearest === undefined ? undefined : governance.get(nearest);
  if (nearest !== undefined && known !== undefined) return { changedBy: nearest, actor: known.name, actorKind: known.kind };
  const caller = trace === null ? from : (way.at(-1) ?? from);
  return { changedBy: caller, actor: null, actorKind: caller === from ? "account" : "contract" };
}

/** The callers from the sender down to the first call of an address that stood, or undefined when there is none. */
function wayTo(frame: Frame, address: string): readonly string[] | undefined {
  if (frame.error !== null) return undefined;
  if (frame.to === address && frame.type === "CALL") return [frame.from];
  for (const call of frame.calls) {
    const below = wayTo(call, address);
    if (below !== undefined) return [frame.from, ...below];
  }
  return undefined;
}

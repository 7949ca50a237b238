import { type Decoded, decodeRevert } from "../decode.ts";
import type { Written } from "../frames.ts";
import type { ContractName, ReasonCode } from "../names.ts";
import type { Watch } from "../watch.ts";

/** Whose bytes a failure is told by, and whether they give a reason. */
export interface Verdict {
  readonly decoded: Decoded;
  readonly reasonCode: ReasonCode | null;
  /** Who wrote the bytes that are told of; null when nobody saw it. */
  readonly origin: string | null;
  /** Who claimed a code without the right to, when nobody with the right gave one. */
  readonly spoofedBy: string | null;
}

const SEEN_BY_NOBODY = "unknown";

/**
 * What a failed frame's bytes say, the first written first: the first frame that is watched or registered and gives a code decides.
 *
 * Bytes that a foreign frame wrote give no reason, however they came up. Where no code counts, the failure is told by the frame's own
 * bytes, or by those below when nobody can read them.
 */
export function attributed(written: readonly Written[], watch: Watch, self: string | null): Verdict {
  const read = written.map(({ by, data }) => ({ by, decoded: decodeRevert(data, watch) }));
  const claims = read.filter(({ decoded }) => decoded.code !== null);
  const given = claims.find(({ by }) => by !== null && watch.trusted.has(by));
  if (given !== undefined) return { ...given, reasonCode: given.decoded.code, origin: given.by, spoofedBy: null };
  const own = read.at(-1) ?? { by: self, decoded: decodeRevert("0x", watch) };
  const told = own.decoded.kind === "unreadable" ? (read.findLast(({ decoded }) => decoded.kind !== "unreadable") ?? own) : own;
  const [claim] = claims;
  return { decoded: told.decoded, reasonCode: null, origin: told.by, spoofedBy: claim === undefined ? null : (claim.by ?? SEEN_BY_NOBODY) };
}

/**
 * What the bytes of a direct call's root say when nobody saw which frame wrote them: a reason only when the code is one that the contract
 * itself gives.
 */
export function attributedRoot(data: string, contract: ContractName, watch: Watch): Verdict {
  const decoded = decodeRevert(data, watch);
  const { code } = decoded;
  if (code === null) return { decoded, reasonCode: null, origin: null, spoofedBy: null };
  const own = watch.homes(code).includes(contract);
  return { decoded, reasonCode: own ? code : null, origin: null, spoofedBy: own ? null : SEEN_BY_NOBODY };
}

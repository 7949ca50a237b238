import { createHash } from "node:crypto";
import type { OperationFact } from "../facts.ts";
import type { Watch } from "../watch.ts";
import { attributed, attributedRoot } from "./attribution.ts";

/** What the registry says anew of an operation. */
export type Redecoded = Pick<
  OperationFact,
  "reasonCode" | "oracleRequiredBlocked" | "oracleUnhealthyFlag" | "outcome" | "unresolved" | "revert"
>;

/** The kept bytes were cut here, see `operations.ts`. */
const CUT_LENGTH = 2 + 2 * 1_024;

/**
 * Reads a failed operation's kept bytes by the present registry; undefined when they say what they said.
 *
 * Bytes that were cut say less than they did: of them only what a custom error's selector tells is believed.
 */
export function redecoded(fact: OperationFact, watch: Watch): Redecoded | undefined {
  const { revert, evidence, contract, address, outcome } = fact;
  const [first] = revert?.written ?? [];
  if (revert === null || first === undefined) return undefined;
  const verdict = evidence === "trace" ? attributed(revert.written, watch, address) : attributedRoot(first.data, contract, watch);
  const { decoded, reasonCode, origin, spoofedBy } = verdict;
  const { kind, error, message, args } = decoded;
  if (kind === "unreadable" && revert.written.some(({ data }) => data.length >= CUT_LENGTH)) return undefined;
  if (reasonCode === fact.reasonCode && spoofedBy === revert.spoofedBy && error === revert.error) return undefined;
  const meaning = reasonCode === null ? undefined : watch.reasons.get(reasonCode);
  const oracleRequiredBlocked = meaning?.oracleRequired ?? false;
  const failed = oracleRequiredBlocked ? "blocked" : "reverted";
  return {
    reasonCode,
    oracleRequiredBlocked,
    oracleUnhealthyFlag: meaning?.unhealthy ?? false,
    outcome: outcome === "caught" ? outcome : failed,
    unresolved: kind === "unreadable",
    revert: { ...revert, kind, error, message, args, origin, spoofedBy },
  };
}

/** A digest of everything that decides what revert bytes say; another one means that history is read again. */
export function registryDigest({ errors, messages, reasons, trusted, homes }: Watch): string {
  const known = [
    [...errors].map(([selector, { name, inputs, code }]) => [selector, name, inputs.map(({ type }) => type), code]).sort(),
    [...messages].sort(),
    [...reasons].map(([code, { oracleRequired, unhealthy }]) => [code, oracleRequired, unhealthy, homes(code)]).sort(),
    [...trusted].sort(),
  ];
  return createHash("sha256").update(JSON.stringify(known)).digest("hex").slice(0, 16);
}

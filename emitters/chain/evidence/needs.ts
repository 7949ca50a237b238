import type { Watch } from "../watch.ts";

/** What is known of a transaction once its block and its receipt are there. */
export interface Signs {
  readonly to: string | null;
  readonly selector: string;
  readonly success: boolean;
  /** The addresses that left a log. */
  readonly logAddresses: readonly string[];
}

/** What the source must do with a transaction: leave it out, keep it as it is, or fetch its call trace too. */
export type Need = "none" | "keep" | "trace";

/**
 * What must be known of a transaction before it can be interpreted.
 *
 * A failed one may have failed inside a watched contract, whoever it was sent to. One that went through matters when it was sent to a
 * watched contract, a module or a router, or when one of them left a log in it. A direct call of an action that went through needs no
 * trace: its receipt proves it, and nothing around it could have undone it.
 */
export function needOf({ to, selector, success, logAddresses }: Signs, { contracts, touched }: Watch): Need {
  if (!success) return "trace";
  const contract = to === null ? undefined : contracts.get(to);
  if (contract?.actions.has(selector) === true) return "keep";
  const sent = to !== null && touched.has(to);
  return sent || logAddresses.some((address) => touched.has(address)) ? "trace" : "none";
}

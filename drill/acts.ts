import type { DrillName } from "../observability/drill/catalogue.ts";
import { chainActs } from "./chain-acts.ts";
import { logActs } from "./log-acts.ts";
import { nodeActs } from "./node-acts.ts";
import type { Site } from "./site.ts";
import { stackActs } from "./stack-acts.ts";

/** What a drill does. It acts on the watched world, or on a process; it writes no metric and no ledger row. */
export interface Act {
  /** Makes sure that what is disturbed is there, and well. */
  readonly prepare: (site: Site) => Promise<void>;
  /** True when the trouble is there from the stack's start on, so that nothing has to be quiet before. */
  readonly begunBefore?: boolean;
  readonly begin: (site: Site) => Promise<void>;
  /** Called once after `begin`, also when that failed half-way. */
  readonly heal: (site: Site) => Promise<void>;
}

/** The acts of all drills. */
export const ACTS: Readonly<Record<DrillName, Act>> = { ...chainActs, ...stackActs, ...nodeActs, ...logActs };

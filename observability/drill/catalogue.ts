/** The drills that need a watched chain. */
export type ChainDrill =
  | "chain-emitter-missing"
  | "unknown-revert"
  | "psm-oracle-removed"
  | "chain-stands-still"
  | "endpoint-without-receipts"
  | "endpoint-forgets-blocks"
  | "oracle-unhealthy";
/** The name of a drill. */
export type DrillName = ChainDrill;

/** What a drill is, for people and for checks. What it does is in `drill/acts.ts`, under the same name. */
export interface DrillPlan {
  readonly name: DrillName;
  /** The alerts that it must raise and clear. */
  readonly alerts: readonly [string, ...string[]];
  /** The `job` that these alerts are about; any when left out. */
  readonly job?: string;
  /** Who is disturbed: the drill's target on the dashboards. */
  readonly target: string;
  /** What is done to the world. */
  readonly does: string;
  /** What makes it well again. */
  readonly heals: string;
  /** How long it takes on a machine that has nothing else to do. */
  readonly aboutSeconds: number;
  /** Its alerts clear only when a window has passed; other drills need not wait for that. */
  readonly lingers?: boolean;
}

/** The `service.name` under which the drill command reports what it does. */
export const DRILL_JOB = "offing-drill";

const CHAIN = { job: "offing-chain" };

const PLANS: Readonly<Record<DrillName, Omit<DrillPlan, "name">>> = {
  "chain-emitter-missing": {
    ...CHAIN,
    alerts: ["ChainEmitterAbsent"],
    target: "the chain emitter",
    does: "nobody has started the chain emitter",
    heals: "somebody starts it",
    aboutSeconds: 35,
  },
  "unknown-revert": {
    ...CHAIN,
    alerts: ["ChainOperationsUnresolved"],
    target: "PSM",
    does: "a user mints more than the cap, and the contract reverts with an error that the configured ABI does not list",
    heals: "nobody does it again for an hour of the drill's time",
    aboutSeconds: 200,
    lingers: true,
  },
  "psm-oracle-removed": {
    ...CHAIN,
    alerts: ["ChainPsmBlocked", "ChainPsmOracleMissingBurst", "ChainCanaryBlocked"],
    target: "PSM",
    does: "governance takes the PSM's oracle away while users go on minting and redeeming",
    heals: "governance gives it back",
    aboutSeconds: 85,
  },
  "chain-stands-still": {
    ...CHAIN,
    alerts: ["ChainHeadStalled"],
    target: "the chain",
    does: "nobody mines a block any more",
    heals: "blocks are mined again",
    aboutSeconds: 35,
  },
  "endpoint-without-receipts": {
    ...CHAIN,
    alerts: ["ChainIndexLagging"],
    target: "the RPC endpoint",
    does: "the endpoint tells of new blocks and answers every request for their receipts with an error",
    heals: "it answers again",
    aboutSeconds: 40,
  },
  "endpoint-forgets-blocks": {
    ...CHAIN,
    alerts: ["ChainCoverageGap"],
    target: "the RPC endpoint",
    does: "the endpoint breaks every connection, and when it is back it has lost the blocks of that time",
    heals: "it finds them again",
    aboutSeconds: 70,
  },
  // The last one on the chain: it moves the chain's clock.
  "oracle-unhealthy": {
    ...CHAIN,
    alerts: ["ChainBuybackUnhealthyBurst", "ChainBuybackBlocked"],
    target: "ORACLE",
    does: "the oracle declares itself unhealthy while users go on buying back",
    heals: "it declares itself healthy, and an hour of chain time goes by",
    aboutSeconds: 55,
  },
};

/** Every drill, in the order in which they are run. */
export const DRILLS: readonly DrillPlan[] = Object.entries(PLANS).map(([name, plan]) => ({ name: name as DrillName, ...plan }));

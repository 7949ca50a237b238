/** The drills that need a watched chain. */
export type ChainDrill = "psm-oracle-removed";
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

const PLANS: Readonly<Record<DrillName, Omit<DrillPlan, "name">>> = {
  "psm-oracle-removed": {
    alerts: ["ChainPsmBlocked", "ChainPsmOracleMissingBurst", "ChainCanaryBlocked"],
    job: "offing-chain",
    target: "PSM",
    does: "governance takes the PSM's oracle away while users go on minting and redeeming",
    heals: "governance gives it back",
    aboutSeconds: 80,
  },
};

/** Every drill, in the order in which they are run. */
export const DRILLS: readonly DrillPlan[] = Object.entries(PLANS).map(([name, plan]) => ({ name: name as DrillName, ...plan }));

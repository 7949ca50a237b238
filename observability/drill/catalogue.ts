/** The drills that need a watched chain. */
export type ChainDrill =
  | "chain-emitter-missing"
  | "unknown-revert"
  | "psm-oracle-removed"
  | "chain-stands-still"
  | "endpoint-without-receipts"
  | "endpoint-forgets-blocks"
  | "chain-reorganised"
  | "oracle-unhealthy";
/** The drills on processes and on the way between them. */
export type StackDrill =
  | "gateway-refuses"
  | "nonsense-reported"
  | "emitter-killed"
  | "collector-killed"
  | "loki-killed"
  | "ledger-grows"
  | "line-too-long"
  | "prometheus-killed";
/** The drills on a node. */
export type NodeDrill =
  | "node-gateway-refuses"
  | "peers-fail"
  | "peers-unreachable"
  | "triple-store-slow"
  | "triple-store-full"
  | "node-killed";
/** The drills on the log of a node. */
export type LogDrill = "log-removed" | "log-for-people" | "log-without-spans";
/** The name of a drill. */
export type DrillName = ChainDrill | StackDrill | NodeDrill | LogDrill;

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
  /** Its alerts fire while all is well: trouble is that they stop. */
  readonly upended?: boolean;
  /** Its alerts clear only when a window has passed; other drills need not wait for that. */
  readonly lingers?: boolean;
}

/** The `service.name` under which the drill command reports what it does. */
export const DRILL_JOB = "offing-drill";

const CHAIN = { job: "offing-chain" };
const NODE = { job: "example-node" };
const LOG = { job: "example-node-log" };

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
  // The last two on the chain: they move its clock.
  "chain-reorganised": {
    ...CHAIN,
    alerts: ["ChainReorgDeep"],
    target: "the chain",
    does: "the chain replaces its newest eight blocks",
    heals: "an hour of chain time goes by",
    aboutSeconds: 45,
  },
  "oracle-unhealthy": {
    ...CHAIN,
    alerts: ["ChainBuybackUnhealthyBurst", "ChainBuybackBlocked"],
    target: "ORACLE",
    does: "the oracle declares itself unhealthy while users go on buying back",
    heals: "it declares itself healthy, and an hour of chain time goes by",
    aboutSeconds: 55,
  },
  "gateway-refuses": {
    ...CHAIN,
    alerts: ["OffingItemsRefused"],
    target: "the way to the Collector",
    does: "a gateway before the Collector answers every log record with 400",
    heals: "it passes them on again",
    aboutSeconds: 200,
    lingers: true,
  },
  "nonsense-reported": {
    alerts: ["OffingInputsDeadLettered"],
    job: "offing-alerts",
    target: "the alert history",
    does: "somebody tells the alert history of an alert that is none",
    heals: "nobody does it again for an hour of the drill's time",
    aboutSeconds: 200,
    lingers: true,
  },
  "emitter-killed": {
    ...CHAIN,
    alerts: ["OffingEmitterSilent"],
    target: "the chain emitter",
    does: "the chain emitter is killed",
    heals: "it is started again",
    aboutSeconds: 20,
  },
  "collector-killed": {
    alerts: ["OffingCollectorSilent"],
    target: "the Collector",
    does: "the Collector is killed",
    heals: "it is started again",
    aboutSeconds: 20,
  },
  "loki-killed": {
    ...CHAIN,
    alerts: ["OffingCollectorQueueFilling", "OffingProjectorLagging"],
    target: "Loki",
    does: "Loki is killed while the chain is crowded, until the Collector's queue for it is full",
    heals: "it is started again, and the crowd goes",
    aboutSeconds: 80,
  },
  "ledger-grows": {
    alerts: ["OffingDiskBudgetNearlySpent"],
    target: "the ledgers' folder",
    does: "a file takes all that the ledgers may take of the disk",
    heals: "it is removed",
    aboutSeconds: 55,
  },
  "line-too-long": {
    alerts: ["OffingCollectorItemsLost"],
    target: "Loki",
    does: "somebody sends the Collector a log line that is longer than Loki takes",
    heals: "nobody does it again for an hour of the drill's time",
    aboutSeconds: 210,
    lingers: true,
  },
  "prometheus-killed": {
    alerts: ["OffingWatchdog"],
    target: "Prometheus",
    does: "Prometheus is killed: nobody evaluates a rule, and what fires always stops at Alertmanager",
    heals: "it is started again",
    aboutSeconds: 30,
    upended: true,
  },
  "node-gateway-refuses": {
    ...NODE,
    alerts: ["NodeTelemetryDropped"],
    target: "the way to the Collector",
    does: "a gateway before the Collector answers every span and log record of a node with 400",
    heals: "it passes them on again",
    aboutSeconds: 200,
    lingers: true,
  },
  "log-removed": {
    ...LOG,
    alerts: ["NodeLogLost"],
    target: "the node's log",
    does: "a node's log is removed while its emitter is down and has not read it",
    heals: "nobody does it again for an hour of the drill's time",
    aboutSeconds: 200,
    lingers: true,
  },
  "log-for-people": {
    ...LOG,
    alerts: ["NodeLogUnreadable"],
    target: "the node's logger",
    does: "a node's logger is set to write text for people",
    heals: "it writes JSON again",
    aboutSeconds: 50,
  },
  "log-without-spans": {
    ...LOG,
    alerts: ["NodeLogUnmapped"],
    target: "the node's logger",
    does: "a node's logger leaves out the events of spans, so that no line tells of what the node does",
    heals: "it writes them again",
    aboutSeconds: 80,
  },
  "peers-fail": {
    ...NODE,
    alerts: ["NodeCommandsFailing", "NodeCommandBudgetBurning"],
    target: "the node's peers",
    does: "every peer of a node answers with an error, so that nothing can be published",
    heals: "they answer well again",
    aboutSeconds: 50,
  },
  "peers-unreachable": {
    ...NODE,
    alerts: ["NodeWithoutPeers"],
    target: "the node's peers",
    does: "every peer of a node breaks every connection",
    heals: "they can be reached again",
    aboutSeconds: 25,
  },
  "triple-store-slow": {
    ...NODE,
    alerts: ["NodeCommandsSlow"],
    target: "the node's triple store",
    does: "the triple store of a node takes 0.7 s for an answer, which is 14 s in a drill",
    heals: "it is quick again",
    aboutSeconds: 60,
  },
  "triple-store-full": {
    ...NODE,
    alerts: ["NodeSyncBacklog", "NodeSyncNoProgress"],
    target: "the node's triple store",
    does: "the triple store of a node is full while 1,200 collections are minted",
    heals: "it takes them again",
    aboutSeconds: 70,
  },
  "node-killed": {
    ...NODE,
    alerts: ["NodeSilent"],
    target: "the node",
    does: "a node is killed",
    heals: "it is started again",
    aboutSeconds: 20,
  },
};

/** Every drill, in the order in which they are run. */
export const DRILLS: readonly DrillPlan[] = Object.entries(PLANS).map(([name, plan]) => ({ name: name as DrillName, ...plan }));

/** Alerts without a drill, each with the reason. */
export const UNDRILLED: Readonly<Record<string, string>> = {
  OffingAlertHistoryBlind:
    "Alertmanager cannot pass on that it is away: demo/outages.e2e.test.ts kills and stops it and waits for this alert in Prometheus",
  OffingCollectorRefusing:
    "would need the Collector to run out of memory, or a sender that gives up on a full queue again and again: a matter of luck, not of a drill",
  OffingDiskNearlyFull:
    "would need the disk under the stack to be full, which takes down whatever else runs on it; stack/disk.e2e.test.ts holds the measure to df",
};

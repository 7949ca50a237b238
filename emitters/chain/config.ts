import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Abi } from "viem";
import { isAddress } from "viem/utils";
import { z } from "zod";
import type { ActorKind } from "#contract/generated/chain.ts";
import type { Secret } from "#core/config/secret.ts";
import { duration, secretUrl } from "#core/config/types.ts";
import { eventsOf, functionsOf, type ParsedAbi, parseJsonAbi, parseReadableAbi, selectorOf } from "./abi.ts";
import { type CanaryConfig, canaryOf, canarySchema } from "./canary/config.ts";
import { ACTION_PREFIXES, type ActionType, CONFIG_MODULES, type ContractName, type ModuleName, WATCHED_CONTRACTS } from "./names.ts";
import { type ReasonConfig, reasonsSchema } from "./reasons.ts";

/** The `chain` section as the emitter uses it: addresses lower-case, durations in milliseconds, ABIs parsed. */
export interface ChainConfig {
  /** The chain's name, for people and for the `offing_network` resource attribute. */
  readonly network: string;
  readonly chainId: number;
  /** The hash of block 0, lower-case; where left out, all endpoints must tell the same. */
  readonly genesisHash: string | undefined;
  /** Where a new ledger starts; one that holds blocks goes on where it stands. */
  readonly startBlock: number | "latest";
  /** What was older when it was seen is late. */
  readonly liveHorizonMs: number;
  /** A ledger further behind than this goes on at the head at once, and what lies between is filled in behind it. */
  readonly backfillAboveBlocks: number;
  /** Where no endpoint tells of finality, a block is final when so many stand on it. */
  readonly finalityDepth: number;
  readonly rpc: RpcConfig;
  readonly contracts: readonly ContractConfig[];
  readonly modules: readonly ModuleConfig[];
  /** Contracts whose calls count as `whitelisted_route`, and whose transactions are looked into. */
  readonly routers: readonly { readonly name: string; readonly address: string }[];
  /** Who changes configurations, by name. */
  readonly governance: readonly GovernanceConfig[];
  readonly reasons: readonly ReasonConfig[];
  readonly canary: CanaryConfig;
  readonly alerts: AlertConfig;
  readonly retention: RetentionConfig;
}

/** How long `offing chain prune` keeps what it may delete. */
export interface RetentionConfig {
  /** So many calls of an action that went through have a row of their own in each block; those beyond share one. */
  readonly successRowsPerBlock: number;
  /** The full text of operations that went through; their rows stay for good. */
  readonly successFactsMs: number;
  /** Simulated calls, fact and row. */
  readonly canariesMs: number;
  readonly deadLettersMs: number;
}

/** How the node is asked. */
export interface RpcConfig {
  /** 1 to 16; a provider's URL most often holds a key. */
  readonly urls: readonly Secret[];
  /** Of one request, the body included. */
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
  /** `auto` traces whole blocks where an endpoint can, `transaction` single ones only; `off` never asks. */
  readonly trace: "auto" | "transaction" | "off";
  /** How many blocks are fetched and written together while catching up. */
  readonly maxBlocksPerBatch: number;
  /** How many requests run at once. */
  readonly concurrency: number;
  /** How many blocks an endpoint may be below the best one before another is asked first. */
  readonly maxLagBlocks: number;
}

/** A watched contract. */
export interface ContractConfig {
  readonly name: ContractName;
  readonly address: string;
  readonly abi: Abi;
  /** Each action with the function's name or full signature. */
  readonly actions: Readonly<Record<ActionType, string>>;
  /** Names or full signatures of events that tell of a change of configuration. */
  readonly configEvents: readonly string[];
  /** Names or full signatures of functions whose call changes the configuration without such an event. */
  readonly configSetters: readonly string[];
  /** Names of functions without arguments that tell a parameter, read before and after a change. */
  readonly configReads: readonly string[];
  /** Further addresses whose reverts may give a reason, such as a library contract that this one calls. */
  readonly registered: readonly string[];
}

/** A contract that is watched for changes of its configuration only. */
export interface ModuleConfig {
  readonly name: ModuleName;
  readonly address: string;
  readonly abi: Abi;
  readonly configEvents: readonly string[];
  readonly configSetters: readonly string[];
  readonly configReads: readonly string[];
}

/** Somebody who may change configurations. */
export interface GovernanceConfig {
  readonly name: string;
  readonly kind: Exclude<ActorKind, "account" | "contract">;
  readonly address: string;
}

/** Thresholds that rules compare gauges with. */
export interface AlertConfig {
  readonly buybackBlockedMs: number;
  readonly psmMissingCount: number;
  readonly burstWindowMs: number;
  readonly reorgDepthBlocks: number;
}

/**
 * The schema of the `chain` section; an `abi_file` is looked up from `folder`. Reading these files is all it does besides checking.
 *
 * @see the `chain` section of offing.example.yaml for every key with its default
 */
export function chainSchemaIn(folder: string): z.ZodType<ChainConfig> {
  return z
    .strictObject({
      network: z.string().min(1),
      chain_id: z.int().min(1),
      genesis_hash: z
        .string()
        .regex(/^0x[0-9a-fA-F]{64}$/, { error: "must be a block hash: 0x and 64 hexadecimal digits" })
        .transform((hash) => hash.toLowerCase())
        .optional(),
      start_block: z.union([z.int().min(0), z.literal("latest")]).default("latest"),
      live_horizon: duration({ atLeast: "1h" }).prefault("1h"),
      backfill_above: z.int().min(1).default(1_024),
      finality_depth: z.int().min(1).default(64),
      rpc: rpcSchema,
      contracts: z.array(contractSchema(folder)).min(1),
      modules: z.array(moduleSchema(folder)).default([]),
      routers: z.array(z.strictObject({ name: z.string().min(1), address })).default([]),
      governance: z.array(z.strictObject({ name: z.string().min(1), kind: z.enum(GOVERNANCE_KINDS), address })).default([]),
      reasons: reasonsSchema.prefault([]),
      canary: canarySchema.prefault({}),
      alerts: alertSchema.prefault({}),
      retention: retentionSchema.prefault({}),
    })
    .superRefine((section, context) => {
      for (const fault of sectionFaults(section)) context.addIssue({ code: "custom", ...fault });
    })
    .transform(({ canary, ...rest }, context) => {
      const ready = canaryOf(canary, rest.contracts);
      for (const { path, message } of ready.faults) context.addIssue({ code: "custom", path: ["canary", ...path], message });
      return { ...rest, canary: ready.canary };
    })
    .transform(({ chain_id, start_block, live_horizon, backfill_above, finality_depth, genesis_hash, ...rest }) => {
      const limits = { liveHorizonMs: live_horizon, backfillAboveBlocks: backfill_above, finalityDepth: finality_depth };
      return { ...rest, ...limits, chainId: chain_id, genesisHash: genesis_hash, startBlock: start_block };
    });
}

/** The schema of the `chain` section with `abi_file` looked up from the working folder. */
export const chainSchema: z.ZodType<ChainConfig> = z.lazy(() => chainSchemaIn("."));

const rpcSchema = z
  .strictObject({
    urls: z.array(secretUrl()).min(1).max(16),
    timeout: duration({ atLeast: "100ms" }).prefault("10s"),
    poll_interval: duration({ atLeast: "50ms" }).prefault("2s"),
    trace: z.enum(["auto", "transaction", "off"]).default("auto"),
    max_blocks_per_batch: z.int().min(1).max(1_024).default(256),
    concurrency: z.int().min(1).max(64).default(8),
    max_lag: z.int().min(1).default(8),
  })
  .transform(({ timeout, poll_interval, max_blocks_per_batch, max_lag, ...rest }) => {
    const limits = { maxBlocksPerBatch: max_blocks_per_batch, maxLagBlocks: max_lag };
    return { ...rest, ...limits, timeoutMs: timeout, pollIntervalMs: poll_interval };
  });

const retentionSchema = z
  .strictObject({
    success_rows_per_block: z.int().min(1).default(1_000),
    success_facts: duration({ atLeast: "1d" }).prefault("90d"),
    canaries: duration({ atLeast: "1d" }).prefault("90d"),
    dead_letters: duration({ atLeast: "1d" }).prefault("90d"),
  })
  .transform(({ success_rows_per_block, success_facts, canaries, dead_letters }) => ({
    successRowsPerBlock: success_rows_per_block,
    successFactsMs: success_facts,
    canariesMs: canaries,
    deadLettersMs: dead_letters,
  }));

const alertSchema = z
  .strictObject({
    buyback_blocked: duration({ atLeast: "1s" }).prefault("30m"),
    psm_missing_count: z.int().min(1).default(5),
    burst_window: duration({ atLeast: "1s" }).prefault("10m"),
    reorg_depth: z.int().min(1).default(5),
  })
  .transform(({ buyback_blocked, psm_missing_count, burst_window, reorg_depth }) => ({
    buybackBlockedMs: buyback_blocked,
    psmMissingCount: psm_missing_count,
    burstWindowMs: burst_window,
    reorgDepthBlocks: reorg_depth,
  }));

const address = z
  .string({ error: ({ input }) => (typeof input === "number" || typeof input === "bigint" ? "must stand in quotes" : undefined) })
  .refine((text) => isAddress(text), { error: "must be an address: 0x and 40 hexadecimal digits, in lower case or with its checksum" })
  .transform((text) => text.toLowerCase());

const GOVERNANCE_KINDS = ["governor", "timelock", "multisig"] as const;
const abiKeys = { abi: z.array(z.string()).optional(), abi_file: z.string().min(1).optional() };
const eventNames = z.array(z.string().min(1));

/** Each action is a label value: their number must be bounded. */
const MOST_ACTIONS = 16;
const actionsSchema = z
  .record(z.string().regex(/^[A-Z][A-Z0-9_]{2,63}$/), z.string().min(1))
  .refine((actions) => Object.keys(actions).length <= MOST_ACTIONS, { error: `must list at most ${MOST_ACTIONS} actions` });

function contractSchema(folder: string): z.ZodType<ContractConfig> {
  return z
    .strictObject({
      name: z.enum(WATCHED_CONTRACTS),
      address,
      ...abiKeys,
      actions: actionsSchema.default({}),
      config_events: eventNames.default([]),
      config_setters: eventNames.default([]),
      config_reads: eventNames.default([]),
      registered: z.array(address).default([]),
    })
    .transform((contract, context) => {
      const { name, actions, config_events, config_setters, config_reads, registered } = contract;
      const { abi, faults } = readAbi(contract, folder);
      faults.push(
        ...actionNameFaults(name, actions),
        ...actionFaults(abi, actions),
        ...eventFaults(abi, config_events),
        ...setterFaults(abi, config_setters),
      );
      for (const fault of faults) context.addIssue({ code: "custom", ...fault });
      return {
        name,
        address: contract.address,
        abi: abi ?? [],
        actions,
        configEvents: config_events,
        configSetters: config_setters,
        configReads: config_reads,
        registered,
      };
    });
}

function moduleSchema(folder: string): z.ZodType<ModuleConfig> {
  return z
    .strictObject({
      name: z.enum(CONFIG_MODULES),
      address,
      ...abiKeys,
      config_events: eventNames.default([]),
      config_setters: eventNames.default([]),
      config_reads: eventNames.default([]),
    })
    .transform((module, context) => {
      const { name, config_events, config_setters, config_reads } = module;
      const { abi, faults } = readAbi(module, folder);
      faults.push(...eventFaults(abi, config_events), ...setterFaults(abi, config_setters), ...readFaults(abi, config_reads));
      if (config_events.length + config_setters.length === 0)
        faults.push({ path: [], message: "must have `config_events`, `config_setters` or both" });
      for (const fault of faults) context.addIssue({ code: "custom", ...fault });
      return {
        name,
        address: module.address,
        abi: abi ?? [],
        configEvents: config_events,
        configSetters: config_setters,
        configReads: config_reads,
      };
    });
}

interface ConfigFault {
  readonly path: PropertyKey[];
  readonly message: string;
}

interface AbiSource {
  readonly abi?: readonly string[] | undefined;
  readonly abi_file?: string | undefined;
}

function readAbi(source: AbiSource, folder: string): { readonly abi: Abi | undefined; readonly faults: ConfigFault[] } {
  if ((source.abi === undefined) === (source.abi_file === undefined)) {
    return { abi: undefined, faults: [{ path: [], message: "must have one of `abi` and `abi_file`" }] };
  }
  const key = source.abi === undefined ? "abi_file" : "abi";
  const parsed = source.abi === undefined ? readAbiFile(resolve(folder, source.abi_file ?? "")) : parseReadableAbi(source.abi);
  if ("abi" in parsed) return { abi: parsed.abi, faults: [] };
  return { abi: undefined, faults: [{ path: parsed.entry === undefined ? [key] : [key, parsed.entry], message: parsed.fault }] };
}

function readAbiFile(path: string): ParsedAbi {
  try {
    return parseJsonAbi(readFileSync(path, "utf8"));
  } catch {
    return { fault: "names a file that cannot be read" };
  }
}

function actionNameFaults(contract: ContractName, actions: ContractConfig["actions"]): ConfigFault[] {
  const prefix = ACTION_PREFIXES[contract];
  return Object.keys(actions).flatMap((action) =>
    action.startsWith(prefix)
      ? []
      : [{ path: ["actions", action], message: `must begin with ${prefix}, as the actions of ${contract} do` }],
  );
}

function actionFaults(abi: Abi | undefined, actions: ContractConfig["actions"]): ConfigFault[] {
  if (abi === undefined) return [];
  const taken = new Map<string, string>();
  return Object.entries(actions).flatMap(([action, wanted]) => {
    const path = ["actions", action];
    const functions = functionsOf(abi, wanted);
    if (functions.length === 0) return [{ path, message: "names no function of the ABI" }];
    return functions.flatMap((item) => {
      const other = taken.get(selectorOf(item));
      taken.set(selectorOf(item), action);
      return other === undefined ? [] : [{ path, message: `names a function that is ${other} already` }];
    });
  });
}

function eventFaults(abi: Abi | undefined, names: readonly string[]): ConfigFault[] {
  if (abi === undefined) return [];
  return names.flatMap((wanted, index) => {
    return eventsOf(abi, wanted).length > 0 ? [] : [{ path: ["config_events", index], message: "names no event of the ABI" }];
  });
}

function setterFaults(abi: Abi | undefined, names: readonly string[]): ConfigFault[] {
  if (abi === undefined) return [];
  return names.flatMap((wanted, index) => {
    return functionsOf(abi, wanted).length > 0 ? [] : [{ path: ["config_setters", index], message: "names no function of the ABI" }];
  });
}

function readFaults(abi: Abi | undefined, names: readonly string[]): ConfigFault[] {
  if (abi === undefined) return [];
  return names.flatMap((wanted, index) => {
    const tells = functionsOf(abi, wanted).some(({ inputs, outputs }) => inputs.length === 0 && outputs.length > 0);
    return tells ? [] : [{ path: ["config_reads", index], message: "names no function of the ABI without arguments and with a result" }];
  });
}

interface Addressed {
  readonly name: string;
  readonly address: string;
}

interface Section {
  readonly live_horizon: number;
  readonly contracts: readonly Addressed[];
  readonly modules: readonly Addressed[];
  readonly routers: readonly Addressed[];
  readonly alerts: AlertConfig;
}

function sectionFaults({ live_horizon, contracts, modules, routers, alerts }: Section): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const places = new Map<string, string>();
  for (const [list, entries] of Object.entries({ contracts, modules, routers })) {
    for (const [index, entry] of entries.entries()) {
      const other = places.get(entry.address);
      if (other !== undefined) faults.push({ path: [list, index, "address"], message: `is the address of ${other} already` });
      else places.set(entry.address, `${list}[${index}]`);
    }
  }
  for (const [index, { name }] of contracts.entries()) {
    const first = contracts.findIndex((other) => other.name === name);
    if (first < index) faults.push({ path: ["contracts", index, "name"], message: `is the name of contracts[${first}] already` });
  }
  if (alerts.burstWindowMs > live_horizon) {
    faults.push({ path: ["alerts", "burst_window"], message: "must not be longer than live_horizon: what is late counts in no window" });
  }
  return faults;
}

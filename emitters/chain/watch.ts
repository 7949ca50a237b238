import type { AbiEvent, AbiFunction, AbiParameter } from "viem";
import { toEventSelector, toFunctionSelector } from "viem/utils";
import { eventsOf, functionsOf, parseReadableAbi, selectorOf, signatureOf } from "./abi.ts";
import type { ChainConfig, ContractConfig, GovernanceConfig, ModuleConfig } from "./config.ts";
import { reasonsAt } from "./labels.ts";
import { type ActionType, CONFIG_MODULES, type ContractName, type ModuleName, type ReasonCode } from "./names.ts";

/** Everything the pure steps look things up in, made once from the configuration. Addresses and selectors are lower-case. */
export interface Watch {
  readonly chainId: number;
  readonly liveHorizonMs: number;
  readonly burstWindowMs: number;
  /** So many successes of an action have a row of their own in each block. */
  readonly successRowsPerBlock: number;
  /** Where no endpoint tells of finality, a block is final when so many stand on it. */
  readonly finalityDepth: number;
  /** The watched contracts by address. */
  readonly contracts: ReadonlyMap<string, WatchedContract>;
  /** The names of configured routers by address. */
  readonly routers: ReadonlyMap<string, string>;
  /** Addresses whose reverts may give a reason: watched contracts, modules and what is registered beside them. */
  readonly trusted: ReadonlySet<string>;
  /** Custom errors by selector. */
  readonly errors: ReadonlyMap<string, KnownError>;
  /** Reason codes by the text of `Error(string)`. */
  readonly messages: ReadonlyMap<string, ReasonCode>;
  readonly reasons: ReadonlyMap<ReasonCode, ReasonMeaning>;
  /** Which contracts give a code themselves. */
  readonly homes: (code: ReasonCode) => readonly ContractName[];
  /** Events of configuration by `eventKey`. */
  readonly events: ReadonlyMap<string, ConfigEvent>;
  /** Functions that change a configuration, by `setterKey`. */
  readonly setters: ReadonlyMap<string, ConfigSetter>;
  /** Functions that tell a parameter, by `readKey`. */
  readonly reads: ReadonlyMap<string, ParamReader>;
  /** The calls that are simulated at the head. */
  readonly canaries: ChainConfig["canary"]["calls"];
  /** Who may change configurations, by address. */
  readonly governance: ReadonlyMap<string, Pick<GovernanceConfig, "name" | "kind">>;
  /** A transaction that was sent to one of these, or that left a log of one, is looked at. */
  readonly touched: ReadonlySet<string>;
}

/** A watched contract and its actions by function selector. */
export interface WatchedContract {
  readonly name: ContractName;
  readonly address: string;
  readonly actions: ReadonlyMap<string, ActionType>;
}

/** A custom error that the configuration knows, with the reason code it proves. */
export interface KnownError {
  readonly name: string;
  readonly inputs: readonly AbiParameter[];
  readonly code: ReasonCode | null;
}

/** What a reason code says. */
export interface ReasonMeaning {
  readonly oracleRequired: boolean;
  readonly unhealthy: boolean;
}

/** An event that tells of a change of configuration. */
export interface ConfigEvent {
  readonly module: ModuleName;
  readonly event: AbiEvent;
}

/** A function whose call changes a configuration. */
export interface ConfigSetter {
  readonly module: ModuleName;
  readonly setter: AbiFunction;
}

/** A function without arguments that tells a parameter of the contract at an address. */
export type ParamReader = AbiFunction & { readonly address: string };

/** The key of a parameter: of which contract and its name. */
export function readKey(address: string, name: string): string {
  return `${address} ${name}`;
}

/** The key of a setter: whom it is called on and its selector. */
export function setterKey(address: string | null, selector: string): string {
  return `${address ?? ""} ${selector}`;
}

/** The key of an event: who emitted it and its first topic. */
export function eventKey(address: string, topic: string): string {
  return `${address} ${topic}`;
}

/** Draws up the look-up tables of a configuration. */
export function watchOf(config: ChainConfig): Watch {
  const { contracts, modules, routers, governance, reasons } = config;
  const addresses = [...contracts, ...modules].map((entry) => entry.address);
  const routerAddresses = routers.map((router) => router.address);
  return {
    chainId: config.chainId,
    liveHorizonMs: config.liveHorizonMs,
    burstWindowMs: config.alerts.burstWindowMs,
    finalityDepth: config.finalityDepth,
    successRowsPerBlock: config.retention.successRowsPerBlock,
    contracts: new Map(contracts.map((contract) => [contract.address, watched(contract)])),
    routers: new Map(routers.map(({ name, address }) => [address, name])),
    trusted: new Set([...addresses, ...contracts.flatMap((contract) => contract.registered)]),
    errors: knownErrors(config),
    messages: new Map(reasons.flatMap(({ code, messages }) => messages.map((message) => [message, code] as const))),
    reasons: new Map(reasons.map(({ code, oracleRequired, unhealthy }) => [code, { oracleRequired, unhealthy }])),
    homes: (code) => contracts.flatMap(({ name }) => (reasonsAt(name, reasons).includes(code) ? [name] : [])),
    events: new Map([...contracts.flatMap((entry) => eventEntries(entry)), ...modules.flatMap((entry) => eventEntries(entry))]),
    setters: new Map([...contracts, ...modules].flatMap((entry) => setterEntries(entry))),
    reads: new Map([...contracts, ...modules].flatMap((entry) => readEntries(entry))),
    canaries: config.canary.calls,
    governance: new Map(governance.map(({ address, name, kind }) => [address, { name, kind }])),
    touched: new Set([...addresses, ...routerAddresses, ...governance.map(({ address }) => address)]),
  };
}

/** The module label of a contract or module: its name, or `unknown` for a contract that the label does not know. */
export function moduleOf(name: ContractName | ModuleName): ModuleName {
  return CONFIG_MODULES.find((module) => module === name) ?? "unknown";
}

function watched({ name, address, abi, actions }: ContractConfig): WatchedContract {
  const entries = Object.entries(actions);
  return {
    name,
    address,
    actions: new Map(entries.flatMap(([action, wanted]) => functionsOf(abi, wanted).map((item) => [selectorOf(item), action] as const))),
  };
}

function knownErrors({ contracts, modules, reasons }: ChainConfig): ReadonlyMap<string, KnownError> {
  const codeOf = (name: string, signature: string): ReasonCode | null =>
    reasons.find(({ errors }) => errors.includes(name) || errors.includes(signature))?.code ?? null;
  const known = new Map<string, KnownError>();
  const learn = (name: string, inputs: readonly AbiParameter[]): void => {
    const signature = signatureOf({ name, inputs });
    const selector = toFunctionSelector(signature).toLowerCase();
    if (!known.has(selector)) known.set(selector, { name, inputs, code: codeOf(name, signature) });
  };
  for (const item of [...contracts, ...modules].flatMap(({ abi }) => abi)) if (item.type === "error") learn(item.name, item.inputs);
  // A reason's error that no ABI lists is taken to have no arguments, or those of its signature.
  const names = new Set([...known.values()].map((error) => error.name));
  for (const { code, errors, selectors } of reasons) {
    for (const error of errors) {
      const signature = error.includes("(") ? error : `${error}()`;
      const { name, inputs, selector } = errorOf(signature);
      if (!known.has(selector) && (error.includes("(") || !names.has(name))) known.set(selector, { name, inputs, code });
    }
    for (const selector of selectors) known.set(selector, { name: code, inputs: [], ...known.get(selector), code });
  }
  return known;
}

/** A signature whose arguments nobody can parse still has a selector. */
function errorOf(signature: string): { readonly name: string; readonly inputs: readonly AbiParameter[]; readonly selector: string } {
  const parsed = parseReadableAbi([`error ${signature}`]);
  const [item] = "abi" in parsed ? parsed.abi : [];
  const inputs = item?.type === "error" ? item.inputs : [];
  return { name: signature.replace(/\(.*/, ""), inputs, selector: toFunctionSelector(signature).toLowerCase() };
}

function eventEntries(entry: ContractConfig | ModuleConfig): (readonly [string, ConfigEvent])[] {
  return entry.configEvents
    .flatMap((wanted) => eventsOf(entry.abi, wanted))
    .map((event) => [eventKey(entry.address, toEventSelector(event).toLowerCase()), { module: moduleOf(entry.name), event }]);
}

function setterEntries(entry: ContractConfig | ModuleConfig): (readonly [string, ConfigSetter])[] {
  return entry.configSetters
    .flatMap((wanted) => functionsOf(entry.abi, wanted))
    .map((setter) => [setterKey(entry.address, selectorOf(setter)), { module: moduleOf(entry.name), setter }]);
}

function readEntries({ abi, address, configReads }: ContractConfig | ModuleConfig): (readonly [string, ParamReader])[] {
  return configReads.flatMap((wanted) => functionsOf(abi, wanted)).map((reader) => [readKey(address, reader.name), { ...reader, address }]);
}

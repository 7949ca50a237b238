import type { AbiFunction } from "viem";
import { decodeEventLog, decodeFunctionData, decodeFunctionResult } from "viem/utils";
import { clean } from "#core/clean.ts";
import { printed } from "./decode.ts";
import { type Actor, actorOf } from "./evidence/actor.ts";
import type { ConfigChangeFact } from "./facts.ts";
import { setterFrames } from "./frames.ts";
import type { LogSeen, ParamRead, TransactionSeen } from "./observation.ts";
import { eventKey, readKey, setterKey, type Watch } from "./watch.ts";

/** A change of configuration without what its block adds. */
export type ConfigChangeDraft = Pick<
  ConfigChangeFact,
  "changeKey" | "module" | "address" | "changedBy" | "actor" | "actorKind" | "change" | "params" | "before" | "after"
>;

const VALUE_LENGTH = 128;
const CHANGE_LENGTH = 512;

type Params = Readonly<Record<string, string>>;

/**
 * The changes of configuration that a transaction makes: those its logs tell of, in their order, and then calls of known setters that left
 * no such log. A failed transaction changes nothing.
 */
export function configChangesOf(
  transaction: TransactionSeen,
  { watch, reads }: { readonly watch: Watch; readonly reads: readonly ParamRead[] },
): readonly ConfigChangeDraft[] {
  const draft = (found: Found): ConfigChangeDraft => {
    const { key, module, address, name, params, actor } = found;
    const list = Object.entries(params).map(([param, value]) => `${param}=${value}`);
    const change = clean(`${name}(${list.join(", ")})`, CHANGE_LENGTH);
    return { changeKey: key, module, address, ...actor, change, params, ...readValues(address, { reads, watch }) };
  };
  return [...logged(transaction, watch), ...called(transaction, watch)].map(draft);
}

interface Found {
  /** What tells it apart within its transaction. */
  readonly key: string;
  readonly module: ConfigChangeFact["module"];
  readonly address: string;
  readonly name: string;
  readonly params: Params;
  readonly actor: Actor;
}

function logged(transaction: TransactionSeen, watch: Watch): readonly Found[] {
  return transaction.logs.flatMap((log) => {
    const known = watch.events.get(eventKey(log.address, log.topics[0] ?? ""));
    if (known === undefined) return [];
    const { module, event } = known;
    const { address, index } = log;
    return [
      { key: String(index), module, address, name: event.name, params: paramsOf(log, event), actor: actorOf(transaction, address, watch) },
    ];
  });
}

/** Calls of setters; as many logs as calls of one contract tell of them all. */
function called(transaction: TransactionSeen, watch: Watch): readonly Found[] {
  const calls = setterCalls(transaction, watch);
  return calls.flatMap(({ address, selector, input, path }) => {
    const known = watch.setters.get(setterKey(address, selector));
    const logs = transaction.logs.filter((log) => log.address === address).length;
    if (known === undefined || logs >= calls.filter((call) => call.address === address).length) return [];
    const { module, setter } = known;
    const actor = actorOf(transaction, address, watch);
    return [{ key: `call:${path}`, module, address, name: setter.name, params: argumentsOf(setter, input), actor }];
  });
}

interface SetterCall {
  readonly address: string;
  readonly selector: string;
  readonly input: string;
  readonly path: string;
}

/** Without a trace only a direct call is known. */
function setterCalls({ trace, to, selector, input, success }: TransactionSeen, watch: Watch): readonly SetterCall[] {
  if (!success) return [];
  if (trace === null) return to === null || input === undefined ? [] : [{ address: to, selector, input, path: "0" }];
  return setterFrames(trace, watch).flatMap(({ frame, path }) =>
    frame.to === null ? [] : [{ address: frame.to, selector: frame.selector, input: frame.input ?? "0x", path }],
  );
}

/** Arguments that cannot be read are left out: the call itself tells of the change. */
function argumentsOf(setter: AbiFunction, input: string): Params {
  const named = withNames(setter);
  try {
    const { args } = decodeFunctionData({ abi: [named], data: input as `0x${string}` });
    const values: readonly unknown[] = args ?? [];
    return textsOf(named.inputs.map(({ name }, index) => [name ?? "", values[index]]));
  } catch {
    return {};
  }
}

/** Arguments that cannot be read are left out: the event itself tells of the change. */
function paramsOf({ topics, data }: LogSeen, event: NonNullable<ReturnType<Watch["events"]["get"]>>["event"]): Params {
  const [signature, ...rest] = topics as readonly `0x${string}`[];
  if (signature === undefined) return {};
  try {
    const { args } = decodeEventLog({ abi: [withNames(event)], topics: [signature, ...rest], data: data as `0x${string}` });
    return textsOf(Object.entries(args ?? {}));
  } catch {
    return {};
  }
}

/** What the configured reads gave at the block before and at this one; what a node no longer had is left out. */
function readValues(address: string, { reads, watch }: { readonly reads: readonly ParamRead[]; readonly watch: Watch }) {
  const own = reads.filter((read) => read.address === address);
  const values = (side: "before" | "after"): Params => {
    const entries = own.flatMap(({ name, [side]: data }): (readonly [string, unknown])[] => {
      const reader = watch.reads.get(readKey(address, name));
      const value = reader === undefined || data === null ? undefined : resultOf(reader, data);
      return value === undefined ? [] : [[name, value]];
    });
    return textsOf(entries);
  };
  return { before: values("before"), after: values("after") };
}

function resultOf(reader: AbiFunction, data: string): unknown {
  try {
    return decodeFunctionResult({ abi: [reader], data: data as `0x${string}` });
  } catch {
    return undefined;
  }
}

function textsOf(entries: readonly (readonly [string, unknown])[]): Params {
  return Object.fromEntries(entries.map(([name, value]) => [name, clean(printed(value), VALUE_LENGTH)]));
}

/** Unnamed arguments go by their position. */
function withNames<T extends { readonly inputs: readonly { readonly name?: string | undefined }[] }>(item: T): T {
  const inputs = item.inputs.map((input, index) => ({
    ...input,
    name: input.name === undefined || input.name === "" ? `arg${index}` : input.name,
  }));
  return { ...item, inputs };
}

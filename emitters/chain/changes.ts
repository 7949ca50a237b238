import { decodeEventLog } from "viem";
import { clean } from "#core/clean.ts";
import { printed } from "./decode.ts";
import type { ConfigChangeFact } from "./facts.ts";
import type { LogSeen, TransactionSeen } from "./observation.ts";
import { eventKey, type Watch } from "./watch.ts";

/** A change of configuration without what its block adds. */
export type ConfigChangeDraft = Pick<ConfigChangeFact, "logIndex" | "module" | "address" | "changedBy" | "change" | "params">;

const VALUE_LENGTH = 128;
const CHANGE_LENGTH = 512;

/** The changes of configuration that a transaction's logs tell of, in their order. A failed transaction leaves no logs. */
export function configChangesOf(transaction: TransactionSeen, { events }: Pick<Watch, "events">): readonly ConfigChangeDraft[] {
  return transaction.logs.flatMap((log) => {
    const known = events.get(eventKey(log.address, log.topics[0] ?? ""));
    if (known === undefined) return [];
    const params = paramsOf(log, known.event);
    const list = Object.entries(params).map(([name, value]) => `${name}=${value}`);
    const change = clean(`${known.event.name}(${list.join(", ")})`, CHANGE_LENGTH);
    return [{ logIndex: log.index, module: known.module, address: log.address, changedBy: transaction.from, change, params }];
  });
}

/** Arguments that cannot be read are left out: the event itself tells of the change. */
function paramsOf({ topics, data }: LogSeen, event: Parameters<typeof nameOf>[0]): Readonly<Record<string, string>> {
  const [signature, ...rest] = topics as readonly `0x${string}`[];
  if (signature === undefined) return {};
  try {
    const named = { ...event, inputs: event.inputs.map((input, index) => ({ ...input, name: nameOf(event, index) })) };
    const { args } = decodeEventLog({ abi: [named], topics: [signature, ...rest], data: data as `0x${string}` });
    return Object.fromEntries(Object.entries(args ?? {}).map(([name, value]) => [name, clean(printed(value), VALUE_LENGTH)]));
  } catch {
    return {};
  }
}

/** Unnamed arguments go by their position. */
function nameOf(event: NonNullable<ReturnType<Watch["events"]["get"]>>["event"], index: number): string {
  const name = event.inputs[index]?.name;
  return name === undefined || name === "" ? `arg${index}` : name;
}

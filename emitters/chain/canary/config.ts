import type { Abi, AbiFunction } from "viem";
import { encodeFunctionData, isAddress } from "viem/utils";
import { z } from "zod";
import { duration } from "#core/config/types.ts";
import { functionsOf } from "../abi.ts";
import type { ActionType, ContractName } from "../names.ts";
import { type StateOverrides, tokenSlots } from "./overrides.ts";

/** What is simulated at the head, and how often. */
export interface CanaryConfig {
  readonly intervalMs: number;
  readonly calls: readonly CanaryCall[];
}

/** One call that is simulated, ready to be asked. */
export interface CanaryCall {
  readonly contract: ContractName;
  readonly action: ActionType;
  readonly from: string;
  readonly to: string;
  readonly data: string;
  /** Native money in wei as a quantity. */
  readonly value: string;
  /** What the caller is given for the time of the call. */
  readonly overrides: StateOverrides;
}

/** An account that nobody holds the key of, when the configuration names none. */
const NOBODY = `0x${"0ff1".repeat(10)}`;
const MOST_CALLS = 16;

const address = z
  .string()
  .refine((text) => isAddress(text), { error: "must be an address in quotes" })
  .transform((text) => text.toLowerCase());
const amount = z
  .string()
  .regex(/^\d{1,78}$/, { error: "must be a whole number in quotes, in the smallest unit" })
  .transform(BigInt);
const word = z.string().regex(/^0x[0-9a-fA-F]{64}$/, { error: "must be 0x and 64 hexadecimal digits" });

const tokenSchema = z.strictObject({
  address,
  amount,
  balance_slot: z.int().min(0),
  allowance_slot: z.int().min(0).optional(),
});

/** `chain.canary` as it is written, before its calls are held against the contracts. */
export interface RawCanary {
  readonly interval: number;
  readonly calls: readonly RawCall[];
}

interface RawCall {
  readonly action: string;
  readonly args: readonly (string | boolean)[];
  readonly from: string;
  readonly value: bigint;
  readonly balance: bigint;
  readonly tokens: readonly RawToken[];
  readonly state: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

interface RawToken {
  readonly address: string;
  readonly amount: bigint;
  readonly balance_slot: number;
  readonly allowance_slot?: number | undefined;
}

/** The schema of `chain.canary`; `canaryOf` makes calls of what it gives. */
export const canarySchema: z.ZodType<RawCanary, object> = z.strictObject({
  interval: duration({ atLeast: "10s" }).prefault("1m"),
  calls: z
    .array(
      z.strictObject({
        action: z.string().min(1),
        args: z.array(z.union([z.string(), z.boolean()])).default([]),
        from: address.default(NOBODY),
        value: amount.prefault("0"),
        balance: amount.prefault("1000000000000000000000000"),
        tokens: z.array(tokenSchema).default([]),
        state: z.record(address, z.record(word, word)).default({}),
      }),
    )
    .max(MOST_CALLS)
    .default([]),
});

interface Target {
  readonly name: ContractName;
  readonly address: string;
  readonly abi: Abi;
  readonly actions: Readonly<Record<ActionType, string>>;
}

/** A fault at its place under `chain.canary`. */
export interface CanaryFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The calls as they will be asked; each fault stands at its place. */
export function canaryOf(
  { interval, calls }: RawCanary,
  contracts: readonly Target[],
): { readonly canary: CanaryConfig; readonly faults: readonly CanaryFault[] } {
  const faults: CanaryFault[] = [];
  const ready = calls.flatMap((call, index): readonly CanaryCall[] => {
    const made = callOf(call, contracts);
    if ("fault" in made) faults.push({ path: ["calls", index, ...made.path], message: made.fault });
    const twice = calls.findIndex(({ action }) => action === call.action) < index;
    if (twice) faults.push({ path: ["calls", index, "action"], message: "is simulated already" });
    return "fault" in made || twice ? [] : [made];
  });
  return { canary: { intervalMs: interval, calls: ready }, faults };
}

type Made = CanaryCall | { readonly fault: string; readonly path: readonly PropertyKey[] };

function callOf(call: RawCall, contracts: readonly Target[]): Made {
  const target = contracts.find(({ actions }) => call.action in actions);
  if (target === undefined) return { fault: "is no action of a configured contract", path: ["action"] };
  const item = functionsOf(target.abi, target.actions[call.action] ?? "").find(({ inputs }) => inputs.length === call.args.length);
  const data = item === undefined ? undefined : encoded(item, call.args);
  if (data === undefined) return { fault: "must fit the function's arguments; whole numbers stand in quotes", path: ["args"] };
  const spender = target.address;
  const owned = call.tokens.map((token) => tokenSlots({ ...token, owner: call.from, spender }));
  const balance = `0x${(call.balance + call.value).toString(16)}`;
  const slots = new Map<string, Record<string, string>>();
  for (const [contract, state] of [...owned, ...Object.entries(call.state)]) slots.set(contract, { ...slots.get(contract), ...state });
  const overrides: Record<string, StateOverrides[string]> = Object.fromEntries(
    [...slots].map(([contract, stateDiff]) => [contract, { stateDiff }]),
  );
  overrides[call.from] = { ...overrides[call.from], balance };
  const { action, from, value } = call;
  return { contract: target.name, action, from, to: target.address, data, value: `0x${value.toString(16)}`, overrides };
}

function encoded(item: AbiFunction, args: readonly (string | boolean)[]): string | undefined {
  try {
    const values = item.inputs.map(({ type }, index) => (/^u?int\d*$/.test(type) ? BigInt(String(args[index])) : args[index]));
    return encodeFunctionData({ abi: [item], args: values });
  } catch {
    return undefined;
  }
}

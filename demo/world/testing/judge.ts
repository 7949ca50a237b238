import { type Address, decodeErrorResult, type Hash, type Hex, slice, toFunctionSelector } from "viem";
import type { World } from "../deploy.ts";
import type { ActionType, OperationEffect, Outcome, ReasonCode, WatchedContract } from "../model.ts";
import type { CallFrame } from "../rpc.ts";

/** What a call trace proves about one watched frame. */
export interface Judged extends OperationEffect {
  readonly txHash: Hash;
  readonly caller: Address;
  /** The revert bytes of the watched frame; null when there are none. */
  readonly output: Hex | null;
}

/**
 * Judges a mined transaction by its call trace alone: a second opinion beside the driver's books, which tests compare with them.
 *
 * @see debug_traceTransaction with geth's callTracer
 */
export async function judge(world: World, txHash: Hash): Promise<readonly Judged[]> {
  const root = await world.rpc("debug_traceTransaction", txHash, { tracer: "callTracer" });
  return watchedFrames(world, root).map(({ frame, contract, actionType }) => {
    const output = frame.error === undefined ? null : (frame.output ?? null);
    const errorName = output === null ? null : errorNameOf(world, output);
    const reasonCode = output === null || isForeign(world, frame) ? null : reasonOf(world, output);
    return {
      txHash,
      contract,
      actionType,
      outcome: outcomeOf({ root, frame, reasonCode }),
      reasonCode,
      errorName,
      caller: frame.from,
      output,
    };
  });
}

interface WatchedFrame {
  readonly frame: CallFrame;
  readonly contract: WatchedContract;
  readonly actionType: ActionType;
}

function watchedFrames(world: World, frame: CallFrame): readonly WatchedFrame[] {
  const { PSM, BuybackVault } = world.addresses;
  const targets: readonly [Address, string, WatchedContract, ActionType][] = [
    [PSM, "function mint(uint256)", "PSM", "PSM_MINT"],
    [PSM, "function redeem(uint256)", "PSM", "PSM_REDEEM"],
    [BuybackVault, "function executeBuyback(uint256)", "BUYBACK_VAULT", "BUYBACK_EXECUTE"],
  ];
  const here = targets
    .filter(([address, signature]) => sameAddress(frame.to, address) && frame.input.startsWith(toFunctionSelector(signature)))
    .map(([, , contract, actionType]) => ({ frame, contract, actionType }));
  return [...here, ...(frame.calls ?? []).flatMap((call) => watchedFrames(world, call))];
}

interface Ending {
  readonly root: CallFrame;
  readonly frame: CallFrame;
  readonly reasonCode: ReasonCode | null;
}

function outcomeOf({ root, frame, reasonCode }: Ending): Outcome {
  if (frame.error === undefined) return "success";
  if (root.error === undefined) return "caught";
  return reasonCode === null ? "reverted" : "blocked";
}

/** A revert is foreign when the bytes came up unchanged from a frame of a contract that is not of this protocol. */
function isForeign(world: World, frame: CallFrame): boolean {
  const { PSM, BuybackVault, Oracle } = world.addresses;
  const cause = frame.calls?.find((call) => call.error !== undefined && call.output === frame.output);
  if (cause === undefined) return ![PSM, BuybackVault, Oracle].some((address) => sameAddress(frame.to, address));
  return isForeign(world, cause);
}

function reasonOf(world: World, output: Hex): ReasonCode | null {
  switch (errorNameOf(world, output)) {
    case "PSM_ORACLE_MISSING":
      return "PSM_ORACLE_MISSING";
    case "BUYBACK_ORACLE_REQUIRED":
      return "BUYBACK_ORACLE_REQUIRED";
    case "Error":
      return messageOf(output) === "BUYBACK_ORACLE_UNHEALTHY" ? "BUYBACK_ORACLE_UNHEALTHY" : null;
    default:
      return null;
  }
}

function errorNameOf(world: World, output: Hex): string | null {
  if (output === "0x") return null;
  const abi = [...world.artifacts.PSM.abi, ...world.artifacts.BuybackVault.abi];
  return decodeErrorResult({ abi, data: output }).errorName;
}

/** Reads `Error(string)`'s text. */
function messageOf(output: Hex): string | null {
  if (slice(output, 0, 4) !== "0x08c379a0") return null;
  const { args } = decodeErrorResult({ abi: [], data: output });
  return typeof args?.[0] === "string" ? args[0] : null;
}

function sameAddress(a: Address | undefined, b: Address): boolean {
  return a?.toLowerCase() === b.toLowerCase();
}

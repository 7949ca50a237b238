import { encodeAbiParameters, keccak256 } from "viem/utils";

/** What an account has for the time of one call. @see https://geth.ethereum.org/docs/interacting-with-geth/rpc/objects#state-override-set */
export type StateOverrides = Readonly<Record<string, { readonly balance?: string; readonly stateDiff?: Readonly<Record<string, string>> }>>;

/** A token whose balance and allowance stand in mappings at these storage slots. */
export interface TokenFunds {
  readonly address: string;
  readonly owner: string;
  readonly spender: string;
  readonly amount: bigint;
  readonly balance_slot: number;
  readonly allowance_slot?: number | undefined;
}

/** The token's storage that gives an owner this balance and, when its place is known, this allowance for a spender. */
export function tokenSlots({
  address,
  owner,
  spender,
  amount,
  balance_slot,
  allowance_slot,
}: TokenFunds): readonly [string, Record<string, string>] {
  const value = `0x${amount.toString(16).padStart(64, "0")}`;
  const balance = inMapping(owner, wordOf(balance_slot));
  if (allowance_slot === undefined) return [address, { [balance]: value }];
  const allowance = inMapping(spender, inMapping(owner, wordOf(allowance_slot)));
  return [address, { [balance]: value, [allowance]: value }];
}

/** @see https://docs.soliditylang.org/en/latest/internals/layout_in_storage.html#mappings-and-dynamic-arrays */
function inMapping(key: string, slot: `0x${string}`): `0x${string}` {
  return keccak256(encodeAbiParameters([{ type: "address" }, { type: "bytes32" }], [key as `0x${string}`, slot]));
}

function wordOf(slot: number): `0x${string}` {
  return `0x${slot.toString(16).padStart(64, "0")}`;
}

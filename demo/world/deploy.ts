import { type Address, encodeDeployData, encodeErrorResult, getContractAddress, type Hash, type Hex } from "viem";
import { OffingError } from "#core/errors.ts";
import { type Books, openBooks } from "./books.ts";
import { PSM_CAP } from "./calls.ts";
import { type Artifacts, CONTRACT_NAMES, type ContractName, compileContracts } from "./compile.ts";
import { quantity, type Rpc } from "./rpc.ts";

/** The deployed contracts with everything that is needed to use them. */
export interface World {
  readonly url: string;
  readonly rpc: Rpc;
  readonly chainId: number;
  readonly artifacts: Artifacts;
  readonly addresses: Readonly<Record<ContractName, Address>>;
  /** May change the contracts' configuration. */
  readonly governor: Address;
  /** May use the contracts. */
  readonly users: readonly Address[];
  /** The block that holds the whole deployment. */
  readonly deployment: { readonly number: number; readonly hash: Hash; readonly timestampSeconds: number };
  readonly books: Books;
}

/**
 * Compiles and deploys all contracts in one block, a second after the head.
 *
 * The deployment itself changes no configuration and emits no event: books and emitters both start at nothing.
 *
 * @throws DEMO_FAILED when a contract does not compile or a creation fails.
 */
export async function deploy({ url, rpc }: { readonly url: string; readonly rpc: Rpc }): Promise<World> {
  const artifacts = await compileContracts();
  const [governor, ...users] = await rpc("eth_accounts");
  if (governor === undefined || users.length === 0) throw new OffingError("DEMO_FAILED", { message: "anvil has no accounts" });
  const addresses = await plannedAddresses(rpc, governor);
  const creations = creationCodes({ artifacts, addresses, governor });
  const hashes: Hash[] = [];
  for (const name of CONTRACT_NAMES) {
    hashes.push(await rpc("eth_sendTransaction", { from: governor, data: creations[name], gas: quantity(3_000_000) }));
  }
  const deployment = await mineDeployment(rpc, hashes);
  const chainId = Number(await rpc("eth_chainId"));
  return { url, rpc, chainId, artifacts, addresses, governor, users, deployment, books: openBooks() };
}

/** Contract addresses follow from the sender's nonce, so contracts can name each other before they exist. */
async function plannedAddresses(rpc: Rpc, governor: Address): Promise<World["addresses"]> {
  const nonce = BigInt(await rpc("eth_getTransactionCount", governor, "latest"));
  const addressOf = (name: ContractName): Address =>
    getContractAddress({ from: governor, nonce: nonce + BigInt(CONTRACT_NAMES.indexOf(name)) });
  return {
    Oracle: addressOf("Oracle"),
    PSM: addressOf("PSM"),
    BuybackVault: addressOf("BuybackVault"),
    Router: addressOf("Router"),
    Impostor: addressOf("Impostor"),
  };
}

type Plan = Pick<World, "artifacts" | "addresses" | "governor">;

function creationCodes({ artifacts, addresses, governor }: Plan): Readonly<Record<ContractName, Hex>> {
  const code = (name: ContractName, args: readonly unknown[]): Hex => encodeDeployData({ ...artifacts[name], args });
  return {
    Oracle: code("Oracle", [governor]),
    PSM: code("PSM", [governor, addresses.Oracle, PSM_CAP]),
    BuybackVault: code("BuybackVault", [governor, addresses.Oracle]),
    Router: code("Router", [addresses.PSM, addresses.BuybackVault]),
    Impostor: code("Impostor", [encodeErrorResult({ abi: artifacts.PSM.abi, errorName: "PSM_ORACLE_MISSING" })]),
  };
}

async function mineDeployment(rpc: Rpc, hashes: readonly Hash[]): Promise<World["deployment"]> {
  const head = await rpc("eth_getBlockByNumber", "latest", true);
  await rpc("evm_setNextBlockTimestamp", quantity(Number(head?.timestamp ?? 0) + 1));
  await rpc("evm_mine");
  const block = await rpc("eth_getBlockByNumber", "latest", true);
  const receipts = block === null ? null : await rpc("eth_getBlockReceipts", block.hash);
  const created = new Set(receipts?.filter((receipt) => receipt.status === "0x1").map((receipt) => receipt.transactionHash));
  if (block === null || !hashes.every((hash) => created.has(hash))) {
    throw new OffingError("DEMO_FAILED", { message: "the demo's contracts were not deployed" });
  }
  return { number: Number(block.number), hash: block.hash, timestampSeconds: Number(block.timestamp) };
}

import { type AbiItem, getAbiItem, parseAbi, toEventSelector, toFunctionSelector } from "viem";
import { expect, it } from "vitest";
import { z } from "zod";
import { startAnvil } from "./anvil.ts";
import { chainSection } from "./chain-section.ts";
import { deploy } from "./deploy.ts";

const watched = z.object({ name: z.string(), address: z.string(), abi: z.array(z.string()), config_events: z.array(z.string()) });
const section = z.object({
  contracts: z.array(watched.extend({ actions: z.record(z.string(), z.string()) })),
  modules: z.array(watched),
  routers: z.array(z.object({ name: z.string(), address: z.string() })),
  reasons: z.array(z.object({ code: z.string(), error: z.string().optional(), message: z.string().optional() })),
});

it("names ABI lines that mean the same as the compiled contracts, and addresses with code", async () => {
  const anvil = await startAnvil();
  try {
    const world = await deploy(anvil);
    const raw = chainSection(world);
    expect(raw).toMatchObject({ network: "anvil", chain_id: 31_337, start_block: 0, rpc: { urls: [anvil.url] } });
    const { contracts, modules, routers, reasons } = section.parse(raw);
    const compiled = { PSM: "PSM", BUYBACK_VAULT: "BuybackVault", ORACLE: "Oracle" } as const;
    for (const part of [...contracts, ...modules]) {
      const name = z.enum(["PSM", "BUYBACK_VAULT", "ORACLE"]).parse(part.name);
      const { abi } = world.artifacts[compiled[name]];
      expect(part.address).toBe(world.addresses[compiled[name]]);
      const items: readonly AbiItem[] = parseAbi(part.abi);
      for (const item of items) expect(selectorOf(item)).toBe(selectorOf(getAbiItem({ abi, name: nameOf(item) })));
      const names = items.map(nameOf);
      expect(names).toEqual(expect.arrayContaining(part.config_events));
      if ("actions" in part)
        expect(names).toEqual(expect.arrayContaining(Object.values(z.record(z.string(), z.string()).parse(part.actions))));
    }
    expect(JSON.stringify(raw)).not.toContain("MintCapExceeded");
    expect(routers).toEqual([{ name: "demo-router", address: world.addresses.Router }]);
    expect(reasons.map((reason) => reason.error ?? reason.message)).toEqual(reasons.map((reason) => reason.code));
  } finally {
    await anvil.stop();
  }
}, 30_000);

function nameOf(item: AbiItem): string {
  return "name" in item ? item.name : "";
}

function selectorOf(item: AbiItem | undefined): string {
  if (item?.type === "event") return toEventSelector(item);
  if (item?.type === "function") return toFunctionSelector(item);
  if (item?.type === "error") return toFunctionSelector({ ...item, type: "function", outputs: [], stateMutability: "pure" });
  throw new TypeError("this item has no selector");
}

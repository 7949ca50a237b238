import { toFunctionSelector } from "viem";
import { expect, test } from "vitest";
import { chainSchemaIn } from "../config.ts";
import { SECTION } from "../fixtures/handmade.ts";
import { registryOf } from "./registry.ts";

test("the registry tells of each code what it means, who gives it and what proves it, one entry of the configuration among them", () => {
  const treasury = {
    name: "TREASURY_VAULT",
    address: `0x${"7e".repeat(20)}`,
    abi: ["function sweep()"],
    actions: { TREASURY_SWEEP: "sweep" },
  };
  const reasons = [
    { code: "TREASURY_ORACLE_STALE", error: "Stale(uint256)", oracle_required: true, unhealthy: true, contracts: ["TREASURY_VAULT"] },
    { code: "PSM_ORACLE_MISSING", message: "PSM: no oracle" },
  ];
  const config = chainSchemaIn(".").parse({ ...SECTION, contracts: [...SECTION.contracts, treasury], reasons });
  const registry = registryOf(config);
  expect(registry.map(({ code }) => code)).toEqual([
    "PSM_ORACLE_MISSING",
    "BUYBACK_ORACLE_REQUIRED",
    "BUYBACK_ORACLE_UNHEALTHY",
    "TREASURY_ORACLE_STALE",
  ]);
  expect(registry[0]).toMatchObject({
    oracleRequired: true,
    unhealthy: false,
    contracts: ["PSM"],
    actions: ["PSM_MINT"],
    errors: [`PSM_ORACLE_MISSING() ${toFunctionSelector("PSM_ORACLE_MISSING()")}`],
    messages: expect.arrayContaining(["PSM_ORACLE_MISSING", "PSM: no oracle"]),
  });
  expect(registry[3]).toMatchObject({
    unhealthy: true,
    contracts: ["TREASURY_VAULT"],
    actions: ["TREASURY_SWEEP"],
    errors: expect.arrayContaining([`Stale(uint256) ${toFunctionSelector("Stale(uint256)")}`]),
  });
});

import { toFunctionSelector } from "viem";
import { describe, expect, it } from "vitest";
import { CONTRACT_NAMES, compileContracts, compileSources } from "./compile.ts";

describe("compileContracts", () => {
  it("gives every contract an ABI and creation code, and compiles once per process", async () => {
    const artifacts = await compileContracts();
    for (const name of CONTRACT_NAMES) expect(artifacts[name].bytecode, name).toMatch(/^0x[0-9a-f]{200,}$/);
    const errors = [...artifacts.PSM.abi, ...artifacts.BuybackVault.abi].flatMap((item) => (item.type === "error" ? [item.name] : []));
    expect(errors).toEqual(expect.arrayContaining(["PSM_ORACLE_MISSING", "BUYBACK_ORACLE_REQUIRED", "InsufficientCollateral"]));
    expect(await compileContracts()).toBe(artifacts);
  }, 20_000);

  it("leaves the process's handlers of unhandled rejections as they were", async () => {
    const before = process.listeners("unhandledRejection");
    await compileContracts();
    expect(process.listeners("unhandledRejection")).toEqual(before);
  }, 20_000);
});

describe("compileSources", () => {
  const contract = (name: string, body: string): string =>
    `// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.37;\ncontract ${name} { ${body} }`;
  const sources = Object.fromEntries(CONTRACT_NAMES.map((name) => [`${name}.sol`, contract(name, "function f() external {}")]));

  it("gives the same bytes for the same sources", async () => {
    const first = await compileSources(sources);
    expect(await compileSources(sources)).toEqual(first);
    expect(first.PSM.bytecode).toContain(toFunctionSelector("function f()").slice(2));
  }, 20_000);

  it("reports the compiler's messages", async () => {
    const broken = { ...sources, "PSM.sol": contract("PSM", "function f() external { nonsense; }") };
    await expect(compileSources(broken)).rejects.toMatchObject({
      code: "DEMO_FAILED",
      message: expect.stringMatching(/Undeclared identifier[\s\S]*PSM\.sol/),
    });
  }, 20_000);

  it("reports a contract that is not there", async () => {
    const { "Router.sol": _router, ...rest } = sources;
    await expect(compileSources(rest)).rejects.toMatchObject({ code: "DEMO_FAILED", message: expect.stringContaining("Router") });
  }, 20_000);
});

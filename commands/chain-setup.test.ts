import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OffingError } from "#core/errors.ts";
import { setUpChain } from "./chain-setup.ts";

const EXAMPLE = fileURLToPath(new URL("../offing.example.yaml", import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-setup-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function faultsOf(text: string): OffingError {
  const path = join(folder, "offing.yaml");
  writeFileSync(path, text);
  try {
    setUpChain({ config: path, set: [] });
  } catch (error) {
    if (error instanceof OffingError) return error;
  }
  throw new Error("the configuration was accepted");
}

test("the example is a whole configuration, and what it says are the defaults", () => {
  const { config, run, emitter } = setUpChain({ config: EXAMPLE, set: [] });
  expect(config.chain).toMatchObject({
    network: "mainnet",
    liveHorizonMs: 3_600_000,
    alerts: { buybackBlockedMs: 1_800_000, psmMissingCount: 5 },
  });
  expect(run.resource).toMatchObject({ "service.name": "offing-chain", "offing.network": "mainnet" });
  expect(emitter.zeros.length).toBeGreaterThan(0);
});

test("a wrong key, address and URL are told at once, with place and mend", () => {
  const error = faultsOf(`collector:
  url: ftp://127.0.0.1
chain:
  network: x
  chain_id: 1
  strat_block: 5
  rpc: { urls: ["not a url"] }
  contracts:
    - name: PSM
      address: "0x1234"
      abi: ["function mint(uint256 amount)"]
      actions: { PSM_MINT: mnt }
`);
  expect(error.code).toBe("CONFIG_INVALID");
  for (const place of [":2:", ":6:", ":7:", ":10:"]) expect(error.message).toContain(`offing.yaml${place}`);
  expect(error.message).toMatch(/did you mean/);
  expect(error.context["faults"]).toBeGreaterThanOrEqual(4);
});

test("--set stands over the file and is checked like it", () => {
  expect(setUpChain({ config: EXAMPLE, set: ["collector.url=http://127.0.0.1:9"] }).run.collector.url).toBe("http://127.0.0.1:9");
  expect(() => setUpChain({ config: EXAMPLE, set: ["collector.intervall=1s"] })).toThrow(/--set/);
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tourOfChain } from "../commands/chain-tour.ts";
import { reconcileChain } from "../commands/reconcile.ts";
import { runDemo } from "./run-demo.ts";

test("the demo ends with equal numbers, the right alerts and panels that answer", async () => {
  const directory = mkdtempSync(join(tmpdir(), "offing-demo-"));
  const printed: string[] = [];
  try {
    const ok = await runDemo({
      directory,
      ports: "free",
      keep: false,
      signal: new AbortController().signal,
      write: (text) => printed.push(text),
      reconcile: (config) => reconcileChain({ config, set: [] }, 60_000),
      tour: (config) => tourOfChain({ config, set: [] }),
    });
    const text = printed.join("");
    expect(ok, text).toBe(true);
    expect(text).toMatch(/PSM_ORACLE_MISSING +51 +4 +47 +47 +47 +47 +✓/);
    expect(text).toMatch(/BUYBACK_ORACLE_REQUIRED +5 +2 +3 +3 +3 +3 +✓/);
    // What an operator asks, answered between the story and the numbers.
    expect(text).toMatch(/explain --since 2h\n\n[^▸]*PSM[^▸]*PSM_ORACLE_MISSING/);
    expect(text).toMatch(/canary[^▸]*PSM +PSM_MINT +blocked +PSM_ORACLE_MISSING/);
    expect(text).toMatch(/chain rollup\n\n[^▸]*PSM_MINT/);
    expect(text).toMatch(/chain coverage\n\n[^▸]*No gap\./);
    expect(text).toMatch(/chain checklist[^▸]*✓ Are the metrics there\?/);
    expect(text).toMatch(/Is no alert firing\?\n +ChainBuybackUnhealthyBurst, ChainPsmBlocked, ChainPsmOracleMissingBurst\n/);
    expect(text).toMatch(/BUYBACK_ORACLE_UNHEALTHY +11 +2 +9 +9 +9 +9 +✓/);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

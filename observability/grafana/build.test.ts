import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildDashboards, dashboardDrift, writeDashboards } from "./build.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-dashboards-"));
  writeDashboards(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("dashboardDrift", () => {
  it("finds none in what was just written", () => {
    expect(dashboardDrift(folder)).toEqual([]);
  });

  it("finds a file that was edited, one that is missing and one that nothing builds", () => {
    writeFileSync(join(folder, "chain.json"), "{}\n");
    expect(dashboardDrift(folder)).toEqual(["chain.json differs from its panels"]);
    unlinkSync(join(folder, "chain.json"));
    writeFileSync(join(folder, "stray.json"), "{}\n");
    expect(dashboardDrift(folder)).toEqual(["chain.json was never written", "stray.json has no panels it is built from"]);
    writeDashboards(folder);
    expect(dashboardDrift(folder)).toEqual([]);
  });

  it("builds the same bytes each time", () => {
    expect([...buildDashboards()]).toEqual([...buildDashboards()]);
  });

  it("finds none in the repository", () => {
    expect(dashboardDrift(join(import.meta.dirname, "dashboards"))).toEqual([]);
  });
});

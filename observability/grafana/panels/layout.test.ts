import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configChangeEvent } from "#contract/generated/chain.ts";
import { panelsOf } from "../../check/dashboards.ts";
import { mark } from "./annotations.ts";
import { dashboard, panelId, panelPath, type Row, sectionRows } from "./layout.ts";
import { lineSelectorOf } from "./logql.ts";
import type { Dashboard } from "./model.ts";
import { type PlaceablePanel, text } from "./toolkit.ts";

const { lines } = lineSelectorOf({ job: "offing-chain", ledgerVariable: "ledger" });
const made = (rows: readonly Row[]): Dashboard =>
  dashboard({
    uid: "offing-chain",
    title: "T",
    description: "why",
    tags: [],
    ledgers: { variable: "ledger", query: "label_values(offing_ledger_cursor, instance)" },
    marks: [mark(lines([configChangeEvent]), { name: "Changes", title: "{{module}}", color: "purple" })],
    rows,
  });
const panel = (key: string, height = 4): PlaceablePanel => text({ key, title: key, description: "why", markdown: "", height });

describe("dashboard", () => {
  it("fills every line and lets no panel overlap another", () => {
    const heights = fc.array(fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(heights, (grid) => {
        const rows = [{ title: "row", lines: grid.map((line, y) => line.map((height, x) => panel(`${y}-${x}`, height))) }];
        const taken = new Set<string>();
        for (const { gridPos } of panelsOf(made(rows))) {
          for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
            for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
              expect(taken.has(`${x},${y}`)).toBe(false);
              taken.add(`${x},${y}`);
            }
          }
        }
        expect(taken.size).toBe(24 * grid.reduce((sum, line) => sum + Math.max(...line), 0));
      }),
    );
  });

  it("keeps a panel's id wherever it stands", () => {
    const before = made([{ title: "one", lines: [[panel("a"), panel("b")]] }]);
    const after = made([{ title: "two", collapsed: true, lines: [[panel("c")], [panel("b")]] }]);
    const idOf = (of: Dashboard): number | undefined => panelsOf(of).find(({ title }) => title === "b")?.id;
    expect(idOf(after)).toBe(idOf(before));
    expect(idOf(before)).toBe(panelId("b"));
    expect(panelPath("offing-chain", "b", "x=1")).toBe(`/d/offing-chain?viewPanel=panel-${panelId("b")}&x=1`);
  });

  it("puts the panels of a collapsed row inside it", () => {
    const { panels } = made([{ title: "shut", collapsed: true, lines: [[panel("a")]] }]);
    expect(panels).toMatchObject([{ type: "row", collapsed: true, panels: [{ title: "a" }] }]);
  });

  it("marks deploys, configurations and drills on each, and what is asked for besides", () => {
    expect(made([]).annotations.list.map(({ name }) => name)).toEqual(["Deploys", "Configurations", "Drills", "Changes"]);
    const [deploys] = made([]).annotations.list;
    const series = 'sum by (job, version) (offing_build_info{job="offing-chain"}';
    expect(deploys?.expr).toBe(`${series}) unless ${series} offset 5m)`);
  });

  it("has no variable where there are no ledgers to choose from", () => {
    const plain = dashboard({ uid: "u", title: "T", description: "why", tags: [], rows: [] });
    expect(plain.templating.list).toEqual([]);
  });

  it("orders the rows as an operator asks", () => {
    const rows = sectionRows({
      now: [],
      red: [],
      topics: [{ title: "more", lines: [] }],
      backlog: [],
      evidence: [],
      emitter: [],
      about: panel("a"),
    });
    expect(rows.map(({ title }) => title)).toEqual([
      "Is it healthy now?",
      "Rate, errors, duration",
      "more",
      "Backlog and losses",
      "Logs and traces",
      "The emitter",
      "About",
    ]);
  });

  it("hides no link and no annotation in a menu", () => {
    expect(JSON.stringify(made([]))).not.toContain("placement");
  });
});

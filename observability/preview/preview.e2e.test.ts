import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#core/clock.ts";
import { createOtlpClient } from "#core/otlp.ts";
import { encodeLog } from "#core/otlp-proto.ts";
import { type Stack, startStack } from "../../stack/start.ts";
import { readObservability } from "../check.ts";
import { SILENT_WHILE_WELL } from "../live.ts";
import { everyName } from "../testing/every-name.ts";
import { findChromium, withChromium } from "./chromium.ts";
import type { DashboardJson, PanelJson } from "./panel-json.ts";
import { type Preview, preview, readDashboards } from "./preview.ts";
import { writePreview } from "./write.ts";

const HOSTILE = `<script>console.error("ran")</script><img src=x onerror='console.error("ran")'>`;
const HAS_CHROMIUM = findChromium() !== undefined;
if (!HAS_CHROMIUM)
  process.stdout.write("skipped: what needs a Chromium, because there is none in PATH and OFFING_CHROMIUM_BIN names none\n");

let stack: Stack;
let folder: string;
/** Everything, once all of it has arrived. */
let whole: Preview;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "offing-preview-"));
  stack = await startStack({ directory: join(folder, "stack"), ports: "free" });
  await exportEverything();
  // What never arrives is told by the first test, with its name.
  for (const endMs = systemClock.nowMs() + 60_000; systemClock.nowMs() < endMs; await systemClock.sleep(1_000)) {
    whole = await draw();
    if ((whole.counts["no data"] ?? 0) === SILENT_WHILE_WELL.length) break;
  }
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Every name of the contract twice, so that counters have a course, and a log line that would like to be HTML. */
async function exportEverything(): Promise<void> {
  const { contract } = readObservability();
  const otlp = createOtlpClient({ url: stack.endpoints.collector, headers: {}, timeoutMs: 10_000 });
  const shared = { abort: new AbortController().signal, patience: "wait" } as const;
  const startMs = systemClock.nowMs();
  const domains = [...new Set(["chain", "alerts", ...contract.events.map(({ name }) => name.split(".")[1] ?? "")])];
  for (const value of [2, 4]) {
    const { ledgerPoints, processPoints, records } = everyName(contract, { atMs: systemClock.nowMs(), startMs, value });
    for (const domain of domains) {
      const resource = (instance: string) => ({ "service.name": `offing-${domain}`, "service.instance.id": instance });
      const send = (signal: "metrics" | "logs", instance: string, items: typeof records) =>
        otlp.send({ signal, resource: resource(instance), items, ...shared });
      await send("metrics", "ledger-1", ledgerPoints);
      await send("metrics", "slot-1", processPoints);
      if (value === 2) await send("logs", "ledger-1", [...records, hostileRecord()]);
    }
    if (value === 2) await systemClock.sleep(6_000);
  }
}

function hostileRecord(): ReturnType<typeof encodeLog> {
  const attributes = { "offing.fact.id": HOSTILE, reason_code: "PSM_ORACLE_MISSING" };
  return encodeLog(
    { type: "log", event: "offing.chain.operation", severity: "error", body: HOSTILE, attributes },
    { writtenAtMs: systemClock.nowMs(), seq: 99 },
  );
}

async function draw(
  more: { readonly dashboards?: readonly DashboardJson[]; readonly chosen?: Readonly<Record<string, readonly string[]>> } = {},
): Promise<Preview> {
  const { prometheus, loki } = stack.endpoints;
  return await preview({ prometheus, loki, from: "now-5m", to: "now", nowMs: systemClock.nowMs(), ...more });
}

/** What a browser made of a page. */
interface Seen {
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
  readonly panels: readonly {
    readonly id: string;
    readonly dashboard: string;
    readonly state: string;
    readonly type: string;
    readonly text: string;
    readonly area: number;
    readonly paths: number;
  }[];
  readonly overlaps: number;
}

async function look(page: string): Promise<Seen> {
  return await withChromium(async (browser) => {
    const tab = await browser.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    tab.on("console", (message) => void (["error", "warning"].includes(message.type()) && complaints.push(message.text())));
    tab.on("pageerror", (error) => void complaints.push(error.message));
    tab.on("request", (request) => void requests.push(request.url()));
    await tab.goto(pathToFileURL(page).href);
    const seen = (await tab.evaluate(READ_PAGE)) as Pick<Seen, "panels" | "overlaps">;
    await readOff(tab);
    return { complaints, requests: requests.filter((url) => !/^(file|data):/.test(url)), ...seen };
  });
}

/** Runs in the page; it is text because this project's types know no document. */
const READ_PAGE = `(() => {
  const boxes = [...document.querySelectorAll("[data-panel]")].map((panel) => ({ panel, box: panel.getBoundingClientRect() }));
  const touch = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const overlaps = boxes.flatMap((one, at) => boxes.slice(at + 1).filter((other) => touch(one.box, other.box))).length;
  const panels = boxes.map(({ panel, box }) => ({
    id: panel.dataset.panel,
    dashboard: panel.closest("[data-dashboard]").dataset.dashboard,
    state: panel.dataset.state,
    type: panel.dataset.type,
    text: panel.innerText,
    area: box.width * box.height,
    paths: panel.querySelectorAll(".chart svg path").length,
  }));
  return { panels, overlaps };
})()`;

/** A pointer over a chart is told the values under it; the newest stand at its right edge. */
async function readOff(tab: Page): Promise<void> {
  const chart = tab.locator("[data-state=drawn] .chart[data-plot]").first();
  const { width = 0, height = 0 } = (await chart.boundingBox()) ?? {};
  await chart.hover({ position: { x: width - 14, y: height / 2 } });
  expect(await chart.locator(".reading b").count(), "values read off a chart").toBeGreaterThan(0);
}

function panelsOf(dashboard: DashboardJson): readonly PanelJson[] {
  return dashboard.panels.flatMap((panel) => (panel.type === "row" ? (panel.panels ?? []) : [panel]));
}

/** A preview says of a search for traces that it does not ask it. */
function asksTempo({ datasource }: PanelJson): boolean {
  return datasource?.uid === "tempo";
}

test("every dashboard is drawn whole from the running stack", () => {
  expect(whole.faults).toEqual([]);
  const panels = whole.dashboards.flatMap(({ rows }) => rows.flatMap((row) => row.panels));
  const isWanted = ({ title }: PanelJson, state: string): boolean => state === (SILENT_WHILE_WELL.includes(title) ? "no data" : "drawn");
  const undrawn = panels.filter(({ state, panel }) => !(asksTempo(panel) ? state === "not asked" : isWanted(panel, state)));
  expect(undrawn.map(({ panel, state, note }) => `${panel.title}: ${state} ${note}`)).toEqual([]);
  const traces = readDashboards().flatMap(panelsOf).filter(asksTempo).length;
  const silent = SILENT_WHILE_WELL.length;
  const drawn = readDashboards().flatMap(panelsOf).length - traces - silent;
  expect(whole.counts).toEqual({ drawn, "not asked": traces, "no data": silent });
});

test("what a panel shows is what was sent: total and late less retracted", () => {
  const panels = whole.dashboards.flatMap(({ rows }) => rows.flatMap((row) => row.panels));
  const summary = panels.find(({ panel }) => panel.title === "Facts in the ledger")?.summary ?? "";
  expect(summary).toMatch(/^(\w+: 4)(; \w+: 4)*$/);
});

test("with other ledgers chosen their panels say that there is no data, and never zero", async () => {
  const { dashboards, faults } = await draw({ chosen: { ledger: ["another-ledger"] } });
  const chain = dashboards.find(({ dashboard }) => dashboard.uid === "offing-chain");
  const stat = chain?.rows.flatMap((row) => row.panels).find(({ panel }) => panel.title === "PSM blocked for");
  expect(stat).toMatchObject({ state: "no data", note: "no data" });
  expect(faults).toEqual([]);
});

const ASKED = { type: "prometheus", uid: "prometheus" };
const WRONG: readonly PanelJson[] = [
  { id: 1, type: "hologram", title: "Unknown type", gridPos: { x: 0, y: 0, w: 8, h: 4 } },
  {
    id: 2,
    type: "stat",
    title: "Wrong query",
    gridPos: { x: 8, y: 0, w: 8, h: 4 },
    datasource: ASKED,
    targets: [{ refId: "A", expr: "sum(", instant: true }],
  },
  {
    id: 3,
    type: "stat",
    title: "Unknown unit",
    gridPos: { x: 16, y: 0, w: 8, h: 4 },
    datasource: ASKED,
    targets: [{ refId: "A", expr: "vector(7)", instant: true }],
    fieldConfig: { defaults: { unit: "bananas" } },
  },
  {
    id: 4,
    type: "table",
    title: "Unknown change",
    gridPos: { x: 0, y: 4, w: 8, h: 4 },
    datasource: ASKED,
    targets: [{ refId: "A", expr: "vector(7)", instant: true, format: "table" }],
    transformations: [{ id: "magic" }],
  },
  {
    id: 5,
    type: "stat",
    title: "Another source",
    gridPos: { x: 8, y: 4, w: 8, h: 4 },
    datasource: { type: "tempo", uid: "tempo" },
    targets: [{ refId: "A", query: "{}" }],
  },
];

test("what a preview cannot draw is a box that says so, and is counted", async () => {
  const { faults, counts, page } = await draw({ dashboards: [{ uid: "wrong", title: "Wrong", panels: WRONG }] });
  expect(faults).toEqual([
    "Wrong: Unknown type: this preview does not know panel type hologram",
    expect.stringMatching(/^Wrong: Wrong query: Prometheus answered 400: .*parse error/),
    "Wrong: Unknown unit: this preview does not know unit bananas",
    "Wrong: Unknown change: this preview does not know transformation magic",
  ]);
  expect(counts).toEqual({ unknown: 1, failed: 1, drawn: 2, "not asked": 1 });
  expect(page).toContain("cannot draw a panel of type");
});

test.skipIf(!HAS_CHROMIUM)("a browser shows every panel, asks nothing of anybody, and complains of nothing", async () => {
  const [file = ""] = await writePreview(whole, { folder: join(folder, "page"), png: false });
  const { complaints, requests, panels, overlaps } = await look(file);
  expect({ complaints, requests, overlaps }).toEqual({ complaints: [], requests: [], overlaps: 0 });
  const wanted = readDashboards().flatMap((dashboard) => panelsOf(dashboard).map(({ id }) => `${dashboard.uid} ${id}`));
  expect(panels.map(({ dashboard, id }) => `${dashboard} ${id}`).sort()).toEqual(wanted.sort());
  const isSilent = ({ text }: Seen["panels"][number]): boolean => SILENT_WHILE_WELL.some((title) => text.includes(title));
  expect(panels.filter(({ area, text }) => area < 5_000 || text.trim() === "")).toEqual([]);
  expect(panels.filter((panel) => !(isSilent(panel) ? ["no data"] : ["drawn", "not asked"]).includes(panel.state))).toEqual([]);
  expect(panels.filter((panel) => panel.type === "timeseries" && panel.paths < 5 && !isSilent(panel))).toEqual([]);
  expect(
    panels.some(({ text }) => text.includes(HOSTILE)),
    "a hostile line stands there as text",
  ).toBe(true);
});

test.skipIf(!HAS_CHROMIUM)("a page that is broken is found out", async () => {
  const file = join(folder, "broken.html");
  writeFileSync(file, whole.page.replace("<main>", `<main>${HOSTILE}<img src="http://127.0.0.1:9/x">`));
  const { complaints } = await look(file);
  expect(complaints.length, "the page's policy lets no foreign script and no picture from elsewhere through").toBeGreaterThanOrEqual(2);
});

test.skipIf(!HAS_CHROMIUM)("a picture is taken of each dashboard", async () => {
  const dashboards = whole.dashboards.slice(0, 1);
  const files = await writePreview({ ...whole, dashboards }, { folder: join(folder, "pictures"), png: true });
  const names = files.map((file) => basename(file));
  expect(names).toEqual(["index.html", ...dashboards.map(({ dashboard }) => `${dashboard.uid}.png`)]);
  const [, picture = ""] = files;
  expect([...readFileSync(picture).subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join("")).toBe("PNG");
});

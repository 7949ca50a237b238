import { appendFileSync, copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Follow, type FollowOptions } from "./follow.ts";
import { type NodeObservation, POSITIONS, type Position } from "./observation.ts";
import { type Interpreted, interpreted } from "./testing/interpreted.ts";

let folder: string;
let path: string;
let nowMs: number;
let node: Interpreted;
let open: Follow[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-follow-"));
  path = join(folder, "node.log");
  nowMs = Date.now();
  node = interpreted();
  open = [];
});
afterEach(async () => {
  for (const follow of open) await follow.close();
  rmSync(folder, { recursive: true });
});

const line = (n: number): string => `{"level":30,"time":${1_795_763_000_000 + n},"msg":"line ${n}"}\n`;
const lines = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, index) => line(from + index)).join("");
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);

/** Follows from where the state says, as after a start. */
function start(options: Partial<FollowOptions> = {}): Follow {
  const positions = new Map(node.state.entries(POSITIONS)) as ReadonlyMap<string, unknown> as ReadonlyMap<string, Position>;
  const defaults = {
    path,
    pattern: undefined,
    from: "beginning",
    format: "auto",
    wrap: "none",
    chunkBytes: 4_096,
    maxLineBytes: 100_000,
  } as const;
  const follow = new Follow({ ...defaults, nowMs: () => nowMs, ...options }, positions);
  open.push(follow);
  return follow;
}

/** Reads all that is there; `seconds` later. */
async function read(follow: Follow, seconds = 0): Promise<NodeObservation[]> {
  nowMs += seconds * 1_000;
  const seen = await follow.look();
  for (const observation of seen) node.see(observation);
  for (let next = await follow.next(); next !== undefined; next = await follow.next()) {
    seen.push(next);
    node.see(next);
  }
  return seen;
}

const bodies = (): string[] => node.logs.map(({ body }) => body);
const lossOf = () => Object.fromEntries(Object.entries(node.counts()).filter(([key]) => /gaps|lost/.test(key)));

test("a file that grows is read to its last whole line, and a restart goes on there", async () => {
  writeFileSync(path, lines(1, 200) + line(201).slice(0, 20));
  await read(start());
  expect(bodies()).toEqual(numbers(1, 200));
  appendFileSync(path, line(201).slice(20) + lines(202, 300));
  await read(start());
  expect(bodies()).toEqual(numbers(1, 300));
  expect(new Set(node.logs.map(({ attributes }) => attributes["log.record.uid"])).size).toBe(300);
});

test("a file that is renamed away is read to its end, with what its writer still adds", async () => {
  const follow = start();
  writeFileSync(path, lines(1, 10));
  await read(follow);
  appendFileSync(path, lines(11, 20));
  renameSync(path, `${path}.1`);
  writeFileSync(path, lines(31, 40));
  appendFileSync(`${path}.1`, lines(21, 30));
  await read(follow);
  expect(bodies()).toEqual(numbers(1, 40));
  appendFileSync(`${path}.1`, line(41));
  await read(follow, 1);
  expect(bodies().at(-1)).toBe("line 41");
  await read(follow, 20);
  await read(start());
  expect(bodies()).toHaveLength(41);
  expect(lossOf()).toEqual({});
});

test("after a restart the renamed file is found again under its new name, and so are those that came and went meanwhile", async () => {
  writeFileSync(path, lines(1, 10));
  await read(start());
  appendFileSync(path, lines(11, 20));
  renameSync(path, `${path}.2`);
  writeFileSync(`${path}.1`, lines(21, 30));
  writeFileSync(path, lines(31, 40));
  nowMs = Date.now();
  await read(start());
  expect(bodies()).toEqual(numbers(1, 40));
  expect(lossOf()).toEqual({});
});

test("a file that is copied and cut is read on in its copy, then from its new beginning", async () => {
  const follow = start();
  writeFileSync(path, lines(1, 10));
  await read(follow);
  appendFileSync(path, lines(11, 20));
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
  await read(follow);
  appendFileSync(path, lines(21, 60));
  await read(follow);
  await read(follow, 20);
  expect(bodies()).toEqual(numbers(1, 60));
  expect(lossOf()).toEqual({});
});

test("what was cut or removed before it was read is counted as lost", async () => {
  const follow = start();
  writeFileSync(path, lines(1, 10));
  await read(follow);
  appendFileSync(path, lines(11, 20));
  await follow.look();
  truncateSync(path);
  writeFileSync(path, line(21));
  await read(follow);
  const unread = Buffer.byteLength(lines(11, 20));
  expect(bodies()).toEqual([...numbers(1, 10), "line 21"]);
  expect(lossOf()).toEqual({ 'offing.node.log.gaps{loss="truncated"}': 1, 'offing.node.log.lost{loss="truncated"}': unread });
  unlinkSync(path);
  await read(start());
  expect(lossOf()).toMatchObject({ 'offing.node.log.gaps{loss="rotated"}': 1 });
});

test("half a line at a rotation is joined with its other half, or counted when there is none", async () => {
  const follow = start();
  writeFileSync(path, lines(1, 9) + line(10).slice(0, 25));
  await read(follow);
  renameSync(path, `${path}.1`);
  writeFileSync(path, line(10).slice(25) + lines(11, 12));
  await read(follow);
  await read(follow, 2);
  expect(bodies()).toEqual(numbers(1, 12));
  appendFileSync(path, line(13).slice(0, 25));
  await read(follow);
  renameSync(path, `${path}.2`);
  writeFileSync(path, line(14));
  await read(follow);
  await read(follow, 2);
  expect(bodies().slice(12)).toEqual([line(13).slice(0, 25), "line 14"]);
  expect(node.counts()).toMatchObject({ 'offing.node.log.oddities{oddity="half_line"}': 1 });
});

test("a last line without its end is taken once the file can not grow any more", async () => {
  const follow = start();
  writeFileSync(path, lines(1, 2) + line(3).trimEnd());
  await read(follow);
  renameSync(path, `${path}.1`);
  await read(follow);
  await read(follow, 2);
  expect(bodies()).toEqual(numbers(1, 3));
  await read(start());
  expect(bodies()).toHaveLength(3);
});

test("a long line is read whole, and one that is too long is skipped and counted", async () => {
  const follow = start();
  const long = (size: number): string => `{"level":30,"time":1795763000000,"msg":"${"x".repeat(size)}"}\n`;
  writeFileSync(path, line(1) + long(50_000) + line(2) + long(300_000) + line(3));
  await read(follow);
  expect(bodies().map((body) => body.length)).toEqual([6, 50_000, 6, 6]);
  expect(node.counts()).toMatchObject({ 'offing.node.log.lines{log_line="too_long"}': 1 });
});

test("a folder: every file that fits, new ones too, and none twice", async () => {
  const follow = start({ path: folder, pattern: "*.log" });
  writeFileSync(join(folder, "a.log"), lines(1, 5));
  writeFileSync(join(folder, "b.log"), lines(6, 9));
  writeFileSync(join(folder, "c.txt"), line(99));
  await read(follow);
  writeFileSync(join(folder, "d.log"), line(10));
  await read(follow);
  renameSync(join(folder, "a.log"), join(folder, "a.log.1"));
  await read(follow, 20);
  await read(follow, 20);
  await read(start({ path: folder, pattern: "*.log" }));
  expect(bodies().sort()).toEqual([...numbers(1, 10)].sort());
});

test("a log that is begun at its end tells only what comes after", async () => {
  writeFileSync(path, lines(1, 10) + line(11).slice(0, 9));
  const follow = start({ from: "end" });
  await read(follow);
  appendFileSync(path, line(11).slice(9) + line(12));
  await read(follow);
  expect(bodies()).toEqual(["line 11", "line 12"]);
});

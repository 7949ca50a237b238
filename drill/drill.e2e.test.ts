import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { reconcileChain } from "../commands/reconcile.ts";
import { DRILL_JOB, DRILLS, type DrillName } from "../observability/drill/catalogue.ts";
import { checkLive } from "../observability/live.ts";
import { lockHolder } from "../stack/lock.ts";
import { lockFileOf } from "../stack/state.ts";
import { seriesOf, streamsOf } from "../stack/testing/probe.ts";
import { renderOutcomes } from "./render.ts";
import type { AlertOutcome } from "./run-drill.ts";
import { runDrills } from "./run-drills.ts";
import type { Site } from "./site.ts";

/** `offing test --full` runs them all. */
const FULL = process.env["OFFING_FULL"] === "1";
const QUICK: readonly DrillName[] = ["emitter-killed", "collector-killed", "node-killed"];
const names = FULL ? DRILLS.map(({ name }) => name) : QUICK;
const directory = mkdtempSync(join(tmpdir(), "offing-drill-"));
const beganMs = Date.now();
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What is left to see when the drills are done and everything still runs. */
async function lookBack({ stack }: Site): Promise<void> {
  const { prometheus, loki, tempo } = stack.endpoints;
  const marks = async (): Promise<readonly string[]> =>
    (await streamsOf(loki, `{service_name="${DRILL_JOB}"} | event_name="offing.drill"`, beganMs)).flatMap(({ stream, values }) =>
      values.map(() => `${stream["offing_drill_name"]} ${stream["offing_drill_phase"]}`),
    );
  const expected = names.flatMap((name) => [`${name} started`, `${name} ended`]).sort();
  await expect.poll(async () => [...(await marks())].sort(), { timeout: 60_000, interval: 1_000 }).toEqual(expected);
  const answers = await checkLive({ prometheus, loki, tempo, only: ({ panel }) => panel === "annotation Drills" });
  expect(answers.length).toBeGreaterThan(3);
  expect(answers.filter(({ ok }) => !ok)).toEqual([]);
  expect(await seriesOf(prometheus, `{job="${DRILL_JOB}"}`)).toEqual([]);
  // What was killed and disturbed left no number wrong. One of all the drills lets log records be refused, and they stay missing.
  const report = await reconcileChain({ config: join(directory, "chain", "offing.yaml"), set: [] }, 60_000);
  expect(report.rows.length).toBeGreaterThan(3);
  expect(report.rows.filter((row) => row.prometheus !== row.ledger)).toEqual([]);
  if (!FULL) expect(report).toMatchObject({ equal: true, missingLogCount: 0 });
}

test("each alert fires, arrives and clears; each drill leaves its two marks, no metric, and every number equal", {
  timeout: FULL ? 2_700_000 : 300_000,
}, async () => {
  const told: string[] = [];
  let outcomes: readonly AlertOutcome[] = [];
  await runDrills({
    names,
    directory,
    signal: new AbortController().signal,
    say: (line) => {
      told.push(line);
      process.stdout.write(`${line}\n`);
    },
    onDone: async (found, site) => {
      outcomes = found;
      process.stdout.write(renderOutcomes(outcomes));
      await lookBack(site);
    },
  });
  expect(
    outcomes.filter(({ ok }) => !ok),
    told.join("\n"),
  ).toEqual([]);
  const drilled = DRILLS.filter(({ name }) => names.includes(name)).flatMap(({ alerts }) => alerts);
  expect(outcomes.map(({ alert }) => alert).sort()).toEqual([...drilled].sort());
  for (const { firedAfterSeconds, clearedAfterSeconds } of outcomes) {
    expect(firedAfterSeconds).toBeGreaterThan(0);
    expect(clearedAfterSeconds).toBeGreaterThan(0);
  }
  expect(lockHolder(lockFileOf(join(directory, "stack")))).toBeNull();
});

/** One step of the check: what runs, and what mends it when it fails. */
export interface Step {
  readonly name: string;
  /** Program and arguments, run from the root of the checkout under the pinned Node. */
  readonly command: readonly [string, ...string[]];
  /** What to do when it fails. */
  readonly mend: string;
  /** How the numbers of passed and failed tests are read: from vitest's JSON report, from TAP, or the step counts as one. */
  readonly counts: "one" | "vitest" | "tap";
  /** True when its output is shown although it went well: figures that a reader wants to see. */
  readonly shown?: boolean;
  /** True when it starts servers or builds tools. */
  readonly heavy?: boolean;
  /** True when only `--full` runs it: it takes longer than anybody waits for CI, or needs what CI has not. */
  readonly full?: boolean;
}

/** Every step of `npm run check`, `./offing test` and CI, the fast ones first. */
export const STEPS: readonly Step[] = [
  {
    name: "lint",
    command: ["biome", "ci", "--colors=off", "--error-on-warnings", "."],
    mend: "npm run fix, then mend what is left by hand",
    counts: "one",
  },
  { name: "types", command: ["tsc", "--project", "."], mend: "mend the listed types", counts: "one" },
  { name: "contract", command: ["node", "cli.ts", "contract", "check"], mend: "./offing contract generate", counts: "one" },
  { name: "dashboards", command: ["node", "observability/grafana/build.ts", "--check"], mend: "npm run generate", counts: "one" },
  { name: "shape", command: ["node", "scripts/check-shape.ts"], mend: "split or document what is listed", counts: "one" },
  { name: "shell", command: ["node", "scripts/lint-shell.ts"], mend: "npm run fix, then mend what shellcheck lists", counts: "one" },
  {
    name: "observability",
    command: ["node", "observability/check.ts"],
    mend: "mend the panel, rule, runbook or name that is listed",
    counts: "one",
  },
  { name: "dead code", command: ["knip"], mend: "remove what is unused", counts: "one" },
  {
    name: "unit",
    command: ["vitest", "run", "--project", "unit"],
    mend: "npx vitest run --project unit FILE shows one file",
    counts: "vitest",
  },
  {
    name: "bats",
    command: ["node_modules/bats/bin/bats", "--formatter", "tap", "stack"],
    mend: "node_modules/bats/bin/bats stack/offing.bats shows more",
    counts: "tap",
  },
  {
    name: "rules",
    command: ["node", "scripts/check-rules.ts"],
    mend: "mend the rule or its test; promtool names both",
    counts: "one",
    heavy: true,
  },
  {
    name: "mutants",
    command: ["node", "observability/mutation/check.ts"],
    mend: "write the promtool case that notices the change, or give the reason in observability/mutation/excluded.yaml",
    counts: "one",
    shown: true,
    heavy: true,
  },
  {
    name: "end to end",
    command: ["vitest", "run", "--project", "e2e"],
    mend: "npx vitest run --project e2e FILE shows one file",
    counts: "vitest",
    heavy: true,
  },
  {
    name: "docker",
    command: ["vitest", "run", "--project", "full", "stack/compose.full.test.ts"],
    mend: "hold compose.local.yaml and the log of the part that is named against each other; `docker compose logs` shows it",
    counts: "vitest",
    heavy: true,
    full: true,
  },
];

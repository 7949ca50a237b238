import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/.offing/**"];
const unit = {
  name: "unit",
  include: ["**/*.test.ts"],
  exclude: [...exclude, "**/*.e2e.test.ts", "**/*.full.test.ts"],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // A process and its imports for each of the files cost a third of the whole run. What a test changes beyond its file it puts back.
  isolate: false,
};
const e2e = { name: "e2e", include: ["**/*.e2e.test.ts"], exclude, testTimeout: 300_000, hookTimeout: 300_000 };
const full = { name: "full", include: ["**/*.full.test.ts"], exclude, testTimeout: 600_000, hookTimeout: 600_000 };

// `unit` needs nothing but npm; `e2e` starts the real stack and real nodes; `full` is for `./offing test --full`.
const config: ReturnType<typeof defineConfig> = defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    projects: [
      { extends: true, test: unit },
      { extends: true, test: e2e },
      { extends: true, test: full },
    ],
  },
});

export default config;

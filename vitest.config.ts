import { defineConfig } from "vitest/config";

const shared = { exclude: ["**/node_modules/**", "**/.offing/**"] };

// `unit` needs nothing but npm; `e2e` starts the real stack and real nodes.
const config: ReturnType<typeof defineConfig> = defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [...shared.exclude, "**/*.e2e.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
      },
    ],
  },
});

export default config;

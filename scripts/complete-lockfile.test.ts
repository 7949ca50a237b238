import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type LockedPackages, missingPlatforms } from "./complete-lockfile.ts";

test("the lockfile holds the packages of every platform, or npm ci would refuse it", () => {
  const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")) as { packages: LockedPackages };
  expect(Object.keys(missingPlatforms(packages)), "npm run lock adds them").toEqual([]);
});

test("a platform is read from the name, the version from the parent", () => {
  const optionalDependencies = { "@x/tool-darwin-arm64": "1.2.3", "@x/tool-linux-x64-musl": "1.2.3", "@x/tool-linux-x64": "1.2.3" };
  const packages = {
    "node_modules/x": { version: "1.2.3", dev: true, optionalDependencies },
    "node_modules/@x/tool-linux-x64": { version: "1.2.3" },
  };
  expect(missingPlatforms(packages)).toEqual({
    "node_modules/@x/tool-darwin-arm64": { version: "1.2.3", dev: true, optional: true, cpu: ["arm64"], os: ["darwin"] },
    "node_modules/@x/tool-linux-x64-musl": { version: "1.2.3", dev: true, optional: true, cpu: ["x64"], os: ["linux"], libc: ["musl"] },
  });
});

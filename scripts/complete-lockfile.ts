import { readFileSync, writeFileSync } from "node:fs";

/** One package of a lockfile, as far as it matters here. */
export interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The packages of a lockfile by their path. */
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

const SYSTEMS: Readonly<Record<string, string>> = { win32: "win32", windows: "win32", darwin: "darwin", linux: "linux" };
const OTHER_SYSTEMS = ["android", "freebsd", "netbsd", "openbsd", "openharmony", "sunos", "aix"];
const PROCESSORS: Readonly<Record<string, string>> = { amd64: "x64", x64: "x64", arm64: "arm64", arm: "arm", ia32: "ia32" };
const OTHER_PROCESSORS = ["ppc64", "riscv64", "s390x", "loong64"];

/**
 * The packages for other platforms that a lockfile names and does not hold, ready to be added.
 *
 * npm leaves out what its registry does not have at hand, and `npm ci` then refuses the lockfile everywhere. What such a package is for
 * stands in its name, its version in the package that wants it.
 */
export function missingPlatforms(packages: LockedPackages): LockedPackages {
  const missing: Record<string, LockedPackage> = {};
  for (const parent of Object.values(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const held = Object.keys(packages).some((path) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`));
      if (!held)
        missing[`node_modules/${name}`] = { version, ...(parent.dev === true && { dev: true }), optional: true, ...platformOf(name) };
    }
  }
  return missing;
}

function platformOf(name: string): Pick<LockedPackage, "os" | "cpu" | "libc"> {
  const words = name.split(/[-/]/);
  const cpu = words.map((word) => PROCESSORS[word] ?? OTHER_PROCESSORS.find((other) => other === word)).find((word) => word !== undefined);
  const os = words.map((word) => SYSTEMS[word] ?? OTHER_SYSTEMS.find((other) => other === word)).find((word) => word !== undefined);
  const libc = words.some((word) => word.startsWith("musl")) ? "musl" : words.some((word) => word.startsWith("gnu")) ? "glibc" : undefined;
  return { ...(cpu !== undefined && { cpu: [cpu] }), ...(os !== undefined && { os: [os] }), ...(libc !== undefined && { libc: [libc] }) };
}

if (import.meta.main) {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: LockedPackages };
  const missing = missingPlatforms(lock.packages);
  const sorted = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync("package-lock.json", `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, undefined, 2)}\n`);
  process.stdout.write(`package-lock.json: ${Object.keys(missing).length} packages for other platforms added\n`);
}

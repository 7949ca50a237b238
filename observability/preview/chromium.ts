import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { OffingError } from "#core/errors.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge"];
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The Chromium of this machine: `OFFING_CHROMIUM_BIN`, or the first of its usual names in `PATH`; undefined without one. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env["OFFING_CHROMIUM_BIN"];
  if (named !== undefined && named !== "") return isProgram(named) ? named : undefined;
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

/**
 * Runs `use` with a headless Chromium that has a profile of its own, thrown away afterwards, and no way to the network but to files.
 *
 * @throws TOOL_NOT_FOUND without a Chromium
 */
export async function withChromium<T>(
  use: (browser: BrowserContext) => Promise<T>,
  viewport: { readonly width: number; readonly height: number } = { width: 1600, height: 1000 },
): Promise<T> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new OffingError("TOOL_NOT_FOUND", {
      message: "pictures need a Chromium, and there is none on this machine",
      hint: "Install chromium (Debian: apt-get install chromium) or name one with OFFING_CHROMIUM_BIN; the HTML page needs none.",
    });
  }
  const profile = mkdtempSync(join(tmpdir(), "offing-chromium-"));
  try {
    // Chromium refuses its sandbox to root; what it opens is a page of our own that may run no foreign script.
    const chromiumSandbox = process.getuid?.() !== 0;
    const browser = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: true,
      chromiumSandbox,
      args: QUIET,
      viewport,
    });
    try {
      return await use(browser);
    } finally {
      await browser.close();
    }
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

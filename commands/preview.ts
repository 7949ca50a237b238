import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { systemClock } from "#core/clock.ts";
import { loadConfig } from "#core/config.ts";
import { OffingError } from "#core/errors.ts";
import type { BackendUrls } from "../observability/preview/backends.ts";
import type { Preview } from "../observability/preview/preview.ts";
import { readState } from "../stack/state.ts";
import { STACK_DIRECTORY, status } from "../stack/up.ts";

interface PreviewCommandOptions {
  readonly from?: string;
  readonly to?: string;
  readonly dashboard: readonly string[];
  readonly rows?: string;
  readonly var: readonly string[];
  readonly out: string;
  readonly png?: boolean;
  readonly config?: string;
  readonly json?: boolean;
}

const CHECKOUT = fileURLToPath(new URL("..", import.meta.url));
const DEMO_DIRECTORY = join(CHECKOUT, ".offing", "demo", "stack");
const STANDARD: BackendUrls = { prometheus: "http://127.0.0.1:9090", loki: "http://127.0.0.1:3100" };

/** `offing preview`: the dashboards without a Grafana. */
export function previewCommand(): Command {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  return new Command("preview")
    .description("draw the provisioned dashboards from live data, without Grafana, as one HTML page and as pictures")
    .option("--from <time>", "begin of the range: now-6h, an ISO date, or Unix milliseconds; each dashboard's own when left out")
    .option("--to <time>", "end of the range")
    .option("-d, --dashboard <uid>", "only this dashboard; may be repeated", collect, [])
    .option("--rows <count>", "only the first rows of each dashboard")
    .option("--var <name=value>", "the value of a template variable; may be repeated", collect, [])
    .option("-o, --out <folder>", "where the page and the pictures go", ".offing/preview")
    .option("--png", "also take a picture of each dashboard; needs a Chromium")
    .option("-c, --config <file>", "ask the backends of this configuration")
    .option("--json", "print what was drawn as JSON")
    .addHelpText(
      "after",
      `
Without --config it asks the stack of this checkout that runs (\`up\` or \`demo --keep\`), or else the standard ports.
It ends with 1 when a panel could not be drawn; a panel without data is drawn as that.
OFFING_CHROMIUM_BIN names the Chromium for --png.`,
    )
    .action(async (options: PreviewCommandOptions) => {
      // Loaded here, because what draws is no production dependency and no other command needs it.
      const { writePreview } = await import("../observability/preview/write.ts");
      const drawn = await drawFor(options);
      const files = await writePreview(drawn, { folder: resolve(options.out), png: options.png ?? false });
      process.stdout.write(
        options.json === true ? `${JSON.stringify(reportOf(drawn, files), undefined, 2)}\n` : renderPreview(drawn, files),
      );
      process.exitCode = drawn.faults.length === 0 ? 0 : 1;
    });
}

async function drawFor(options: PreviewCommandOptions): Promise<Preview> {
  const rows = options.rows === undefined ? undefined : Number(options.rows);
  if (rows !== undefined && !(Number.isInteger(rows) && rows > 0)) usage("--rows needs a whole number above zero");
  const { preview } = await import("../observability/preview/preview.ts");
  return await preview({
    ...(await findBackends(options.config)),
    ...(options.from !== undefined && { from: options.from }),
    ...(options.to !== undefined && { to: options.to }),
    ...(rows !== undefined && { rows }),
    only: options.dashboard,
    chosen: chosenOf(options.var),
    nowMs: systemClock.nowMs(),
  });
}

/** The configuration's backends, those of a stack of this checkout that runs, or those on the standard ports. */
async function findBackends(config: string | undefined): Promise<BackendUrls> {
  if (config !== undefined) return loadConfig({ path: config, sections: {} }).backends;
  for (const directory of [STACK_DIRECTORY, DEMO_DIRECTORY]) {
    const state = (await status({ directory })).running ? readState(directory) : null;
    if (state !== null) return state.endpoints;
  }
  return STANDARD;
}

function chosenOf(texts: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const chosen: Record<string, string[]> = {};
  for (const text of texts) {
    const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) usage(`--var needs name=value, not ${text}`);
    else chosen[name] = [...(chosen[name] ?? []), value];
  }
  return chosen;
}

function usage(message: string): never {
  throw new OffingError("USAGE_INVALID", { message });
}

function reportOf({ dashboards, counts, faults }: Preview, files: readonly string[]): object {
  return { files, dashboards: dashboards.map(({ dashboard }) => dashboard.uid), panels: counts, faults };
}

function renderPreview({ dashboards, counts, faults }: Preview, files: readonly string[]): string {
  const panels = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  return [
    `${dashboards.length} dashboards, panels: ${panels.join(", ")}\n`,
    ...faults.map((fault) => `  ✗ ${fault}\n`),
    ...files.map((file) => `  ${relative(process.cwd(), file)}\n`),
  ].join("");
}

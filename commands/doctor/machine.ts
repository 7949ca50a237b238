import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { queryPrometheus } from "#core/backends.ts";
import { type PartName, partNames } from "../../stack/part-specs.ts";
import { pinOf } from "../../stack/tool-pins.ts";
import { type Answer, ask, originOf } from "./ask.ts";
import { isLoopback, type Listener, socketsOf } from "./listeners.ts";
import type { Finding } from "./report.ts";
import type { DoctorTarget } from "./target.ts";

/** What the checks of the machine need to know. */
export interface MachineOptions {
  readonly target: DoctorTarget;
  /** Every TCP listener of the machine, or null where that cannot be read. */
  readonly listeners: readonly Listener[] | null;
  /** Listeners beyond loopback that the operator wants, as `address:port`. */
  readonly allowed: readonly string[];
  /** The folder whose disk holds the data. */
  readonly dataFolder: string;
}

const GIB = 1024 ** 3;
const LEAST_FREE_BYTES = GIB;
const LEAST_FREE_SHARE = 0.05;
/** An HTTP date has whole seconds only. */
const MOST_SKEW_MS = 2_000;
const UP = "`./offing up` starts the stack, and `docker compose -f compose.local.yaml up -d` the one with Docker.";

/** Looks at versions, ports, listeners, disk and clocks. */
export async function checkMachine(options: MachineOptions): Promise<readonly Finding[]> {
  return [
    ...(await checkPorts(options.target)),
    await checkVersions(options.target),
    checkListeners(options),
    await checkDisk(options.dataFolder),
    await checkClock(options.target),
  ];
}

async function checkPorts({ native, ...target }: DoctorTarget): Promise<readonly Finding[]> {
  if (native !== null) {
    return native.parts.map(({ part, address, ready, pid, log }) => {
      if (ready) return { check: `port of ${part}`, verdict: "ok", detail: `ready at ${address}, process ${pid}` };
      const mend = `Read ${log}, then \`./offing down\` and \`./offing up\`.`;
      return {
        check: `port of ${part}`,
        verdict: "broken",
        detail: pid === null ? "its process does not run" : "does not get ready",
        mend,
      };
    });
  }
  const ready = { prometheus: `${target.prometheus}/-/ready`, loki: `${target.loki}/ready`, collector: `${target.collector}/` };
  return await Promise.all(
    Object.entries(ready).map(async ([part, url]): Promise<Finding> => {
      const answer = await ask(url);
      // The OTLP port has no page of its own: any answer means that it listens.
      const isReady = part === "collector" ? answer.status > 0 : answer.status === 200;
      if (isReady) return { check: `port of ${part}`, verdict: "ok", detail: `answers at ${originOf(url)}` };
      return { check: `port of ${part}`, verdict: "broken", detail: `${faultOf(answer)} at ${originOf(url)}`, mend: UP };
    }),
  );
}

async function checkVersions({ native, prometheus, loki, tempo }: DoctorTarget): Promise<Finding> {
  const check = "versions";
  const told: Partial<Record<PartName, string>> = Object.fromEntries((native?.parts ?? []).map(({ part, version }) => [part, version]));
  const asked: readonly (readonly [PartName, string])[] = [
    ["prometheus", `${prometheus}/api/v1/status/buildinfo`],
    ["loki", `${loki}/loki/api/v1/status/buildinfo`],
    ...(tempo === null ? [] : [["tempo", `${tempo}/api/status/buildinfo`] as const]),
  ];
  for (const [part, url] of asked) {
    const version = /"version":\s*"v?(\d+\.\d+\.\d+[^"]*)"/.exec((await ask(url)).text)?.[1];
    if (version !== undefined) told[part] = version;
  }
  const wantedNode = readFileSync(new URL("../../.node-version", import.meta.url), "utf8").trim();
  // The alert history is of this checkout, so it has no version to be wrong.
  const wrong = partNames(told)
    .flatMap((part) => (part === "alerts" ? [] : [part]))
    .filter((part) => isOther(told[part] ?? "", pinOf(part).version));
  const detail = [`node ${process.versions.node}`, ...partNames(told).map((part) => `${part} ${told[part]}`)].join(", ");
  if (isOther(process.versions.node, wantedNode)) {
    return {
      check,
      verdict: "broken",
      detail: `node ${process.versions.node}, and ${wantedNode} is pinned`,
      mend: "Run `./offing`, which brings it.",
    };
  }
  if (wrong.length === 0) return { check, verdict: "ok", detail };
  const parts = wrong.map((part) => `${part} ${told[part]} instead of ${pinOf(part).version}`).join(", ");
  return {
    check,
    verdict: "broken",
    detail: parts,
    mend: "Take away the other program (OFFING_<PART>_BIN, PATH or image tag), then start again.",
  };
}

/** A program that does not say its version is passed over: that is unknown, not wrong. */
function isOther(version: string, pinned: string): boolean {
  const minor = (text: string): string => text.split(".").slice(0, 2).join(".");
  return /^\d/.test(version) && minor(version) !== minor(pinned);
}

function checkListeners({ target, listeners, allowed }: MachineOptions): Finding {
  const check = "listeners";
  if (listeners === null) return { check, verdict: "absent", detail: "this system keeps no table of listeners to read" };
  const addresses = [target.collector, target.prometheus, target.loki, target.tempo, target.grafana];
  const ports = new Set(addresses.flatMap((url) => (url === null ? [] : [Number(new URL(url).port || 80)])));
  const sockets = new Set((target.native?.parts ?? []).flatMap(({ pid }) => (pid === null ? [] : [...socketsOf(pid)])));
  const ours = listeners.filter(({ port, inode }) => ports.has(port) || sockets.has(inode));
  const open = ours.filter(({ address }) => !isLoopback(address)).map(({ address, port }) => `${address}:${port}`);
  const refused = open.filter((place) => !allowed.includes(place));
  if (refused.length > 0) {
    const mend = `Bind it to 127.0.0.1, or say that you want it with --allow-listen ${refused[0]}.`;
    return { check, verdict: "broken", detail: `${refused.join(", ")} can be reached from beyond this machine`, mend };
  }
  const detail = `${ours.length} ports, ${open.length === 0 ? "all on loopback" : `beyond loopback as allowed: ${open.join(", ")}`}`;
  return { check, verdict: "ok", detail };
}

async function checkDisk(folder: string): Promise<Finding> {
  const check = "disk";
  const { bavail, blocks, bsize } = await statfs(folder);
  const [free, all] = [bavail * bsize, blocks * bsize];
  const detail = `${gib(free)} of ${gib(all)} free under ${folder}`;
  if (free >= LEAST_FREE_BYTES && free >= all * LEAST_FREE_SHARE) return { check, verdict: "ok", detail };
  return { check, verdict: "broken", detail, mend: "Make room, or give the stack less: `./offing up --disk-budget`." };
}

async function checkClock({ prometheus, loki }: DoctorTarget): Promise<Finding> {
  const check = "clocks";
  const beganMs = Date.now();
  const samples = await queryPrometheus(prometheus, "time()").catch(() => []);
  // The answer was made somewhere between question and answer.
  const middleMs = (beganMs + Date.now()) / 2;
  const skews = samples.map(({ value }) => ({ name: "Prometheus", ms: value * 1000 - middleMs }));
  const { date } = await ask(`${loki}/ready`);
  if (date !== null) skews.push({ name: "Loki", ms: date + 500 - Date.now() });
  const worst = skews.sort((a, b) => Math.abs(b.ms) - Math.abs(a.ms))[0];
  if (worst === undefined) return { check, verdict: "absent", detail: "no backend answers, so there is no clock to compare with" };
  const detail = `${worst.name} is ${(Math.abs(worst.ms) / 1000).toFixed(1)} s ${worst.ms < 0 ? "behind" : "ahead"}`;
  if (Math.abs(worst.ms) <= MOST_SKEW_MS) return { check, verdict: "ok", detail: `within ${MOST_SKEW_MS / 1000} s of the backends` };
  return { check, verdict: "broken", detail, mend: "Let both machines follow a time server (chrony or systemd-timesyncd)." };
}

function faultOf({ status }: Answer): string {
  return status === 0 ? "does not answer" : `answers ${status}`;
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}

import { setTimeout as sleep } from "node:timers/promises";
import type { LogDrill } from "../observability/drill/catalogue.ts";
import type { Act } from "./acts.ts";
import type { LogPlace } from "./log-place.ts";

/** The drills on the log of a node. */
export const logActs: Readonly<Record<LogDrill, Act>> = {
  "log-removed": onLog({
    begin: async (log) => {
      await log.killEmitter();
      const read = log.length();
      while (log.length() < read + UNREAD_BYTES) await sleep(50);
      log.removeLog();
      await log.startEmitter();
    },
    heal: (log) => log.startEmitter(),
  }),
  "log-for-people": onLog({
    begin: (log) => {
      log.logger = "text";
    },
    heal: (log) => {
      log.logger = "spans";
    },
  }),
  "log-without-spans": onLog({
    begin: (log) => {
      log.logger = "messages";
    },
    heal: (log) => {
      log.logger = "spans";
    },
  }),
};

/** What the node writes meanwhile is what will be missing. */
const UNREAD_BYTES = 1_000;

type OnLog = Readonly<Record<"begin" | "heal", (log: LogPlace) => void | Promise<void>>>;

function onLog({ begin, heal }: OnLog): Act {
  return {
    prepare: async (site) => void (await site.log()),
    begin: async (site) => begin(await site.log()),
    heal: async (site) => heal(await site.log()),
  };
}

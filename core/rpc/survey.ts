import type { Clock } from "#core/clock.ts";
import type { Meter } from "#core/meter.ts";
import type { Board } from "./board.ts";
import { probeCapabilities } from "./capabilities.ts";
import type { AskMember, Member } from "./member.ts";
import type { MethodTable } from "./methods.ts";

/** Looks after what nobody asks for otherwise: where the endpoints stand that are not asked first. */
export interface Survey<M extends string> {
  /** Looks at every endpoint when it is time, in the background; never throws. */
  readonly look: (signal: AbortSignal) => void;
  /** Asks one endpoint for its head now; at most once a second. */
  readonly refresh: (member: Member<M>, signal: AbortSignal) => Promise<void>;
}

/** What a survey needs. */
export interface SurveyOptions<M extends string> {
  readonly methods: MethodTable<M>;
  readonly members: readonly Member<M>[];
  readonly board: Board;
  readonly ask: AskMember<M>;
  readonly clock: Clock;
  readonly meter: Meter;
}

const EVERY_MS = 10_000;
const REFRESH_MS = 1_000;

/** Opens a survey. How far endpoints are apart is told from heads that were asked for at the same time. */
export function createSurvey<M extends string>(options: SurveyOptions<M>): Survey<M> {
  const { methods, members, board, ask, clock } = options;
  const refreshed = new Map<Member<M>, number>();
  const probed = new Set<Member<M>>();
  let [lookedAtMs, isLooking] = [Number.NEGATIVE_INFINITY, false];
  const headOf = async (member: Member<M>, signal: AbortSignal): Promise<void> => {
    if (methods.head === undefined) return;
    const head = methods.head.number(await ask(member, methods.head, signal));
    if (head !== undefined) member.health = { ...member.health, head };
  };
  const look = async (signal: AbortSignal): Promise<void> => {
    const nowMs = clock.nowMs();
    const due = members.filter(({ health }) => health.restUntilMs <= nowMs && (health.hardFence?.untilMs ?? 0) <= nowMs);
    const heard = await Promise.allSettled(due.map((member) => headOf(member, signal)));
    const told = due.filter((_, index) => heard[index]?.status === "fulfilled");
    const best = Math.max(...told.flatMap(({ health }) => health.head ?? []));
    for (const member of told) {
      const { head } = member.health;
      if (head !== undefined) member.health = { ...member.health, lagBlocks: best - head };
    }
    board.settle();
    for (const member of told) {
      if (probed.has(member)) continue;
      probed.add(member);
      await probeCapabilities(member, { ...options, signal });
    }
  };
  return {
    look: (signal) => {
      if (isLooking || clock.nowMs() - lookedAtMs < EVERY_MS) return;
      lookedAtMs = clock.nowMs();
      isLooking = true;
      const done = (): void => {
        isLooking = false;
      };
      // What an endpoint does wrong here stands in its health already.
      void look(signal).then(done, done);
    },
    refresh: async (member, signal) => {
      const nowMs = clock.nowMs();
      if (nowMs - (refreshed.get(member) ?? 0) < REFRESH_MS) return;
      refreshed.set(member, nowMs);
      await headOf(member, signal);
    },
  };
}

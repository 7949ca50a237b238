import { type AlertPlaces, type AlertSubject, atAlertmanager, inHistory, inPrometheus } from "./alert-watch.ts";

/** Something to be seen, and what is said when it is not. */
export interface Sign {
  readonly missing: string;
  readonly holds: () => Promise<boolean>;
}

/** What is to be seen of one alert in a drill, in order. */
export interface Signs {
  /** Before the drill. */
  readonly quiet: () => Promise<boolean>;
  readonly fired: readonly Sign[];
  readonly cleared: readonly Sign[];
  /** Since when its condition held when it was last seen to fire, Unix milliseconds. */
  readonly activeAtMs: () => number | undefined;
}

/** Where to look, and for what. */
export interface SignOptions {
  readonly places: AlertPlaces;
  /** When the drill began, Unix milliseconds. */
  readonly sinceMs: () => number;
  /** For an alert that fires while all is well: trouble is when it stops. */
  readonly upended: boolean;
}

/** The way of an alert: Prometheus, Alertmanager, the history's table, and back. */
export function signsOf(subject: AlertSubject, { places, sinceMs, upended }: SignOptions): Signs {
  let activeAtMs: number | undefined;
  const stands = async (state: "inactive" | "firing"): Promise<boolean> => {
    const sight = await inPrometheus(subject, places);
    if (sight?.state === "firing") activeAtMs = sight.activeAtMs;
    return sight?.state === state;
  };
  const arrived = (isThere: boolean) => async () => (await atAlertmanager(subject, places)) === isThere;
  const told = (status: "firing" | "resolved") => async () =>
    (await inHistory(subject, { history: places.history, sinceMs: sinceMs() }))[status] > 0;
  if (upended) {
    // Whoever receives it outside misses it; Prometheus itself may be what is gone.
    return {
      quiet: arrived(true),
      fired: [{ missing: "did not stop at Alertmanager", holds: arrived(false) }],
      cleared: [
        { missing: "did not fire again", holds: () => stands("firing") },
        { missing: "did not arrive at Alertmanager again", holds: arrived(true) },
      ],
      activeAtMs: () => undefined,
    };
  }
  return {
    quiet: () => stands("inactive"),
    fired: [
      { missing: "did not fire", holds: () => stands("firing") },
      { missing: "did not arrive at Alertmanager", holds: arrived(true) },
      { missing: "did not arrive in the history", holds: told("firing") },
    ],
    cleared: [
      { missing: "did not clear", holds: () => stands("inactive") },
      { missing: "did not leave Alertmanager", holds: arrived(false) },
      { missing: "did not end in the history", holds: told("resolved") },
    ],
    activeAtMs: () => activeAtMs,
  };
}

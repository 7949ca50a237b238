/** Tells a person what is going on, on standard error or wherever it was made for. */
export interface Progress {
  /** One finished sentence. */
  readonly line: (text: string) => void;
  /** Shows a long piece of work until the returned function is called. `usual` says how long it takes, as in "about 5 minutes". */
  readonly begin: (title: string, usual: string) => () => void;
}

/** What a progress writes to; `process.stderr` is one. */
export interface ProgressTarget {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
}

interface Task {
  readonly title: string;
  readonly usual: string;
  readonly beganMs: number;
}

const REPEAT_LINE_MS = 15_000;
const REDRAW_MS = 500;

/** Says nothing. */
export const silent: Progress = { line: () => {}, begin: () => () => {} };

/** Writes to `target`: one line that is redrawn on a terminal, elsewhere a line for each task every 15 seconds. */
export function createProgress(target: ProgressTarget = process.stderr, repeatLineMs: number = REPEAT_LINE_MS): Progress {
  return target.isTTY === true ? onTerminal(target) : inLines(target, repeatLineMs);
}

function inLines(target: ProgressTarget, repeatLineMs: number): Progress {
  const line = (text: string): void => {
    target.write(`${text}\n`);
  };
  return {
    line,
    begin: (title, usual) => {
      const task: Task = { title, usual, beganMs: Date.now() };
      line(`${title} (usually ${usual})`);
      const timer = setInterval(() => line(describe(task)), repeatLineMs);
      return () => clearInterval(timer);
    },
  };
}

function onTerminal(target: ProgressTarget): Progress {
  const tasks = new Set<Task>();
  let timer: NodeJS.Timeout | undefined;
  const clear = (): void => void target.write("\r\x1b[K");
  const draw = (): void => {
    const text = [...tasks].map(describe).join(" · ");
    target.write(`\r\x1b[K${text.slice(0, (target.columns ?? 80) - 1)}`);
  };
  const line = (text: string): void => {
    if (tasks.size > 0) clear();
    target.write(`${text}\n`);
    if (tasks.size > 0) draw();
  };
  const end = (task: Task): void => {
    if (!tasks.delete(task)) return;
    clear();
    if (tasks.size > 0) {
      draw();
    } else {
      clearInterval(timer);
      timer = undefined;
    }
  };
  const begin = (title: string, usual: string): (() => void) => {
    const task: Task = { title, usual, beganMs: Date.now() };
    tasks.add(task);
    timer ??= setInterval(draw, REDRAW_MS);
    draw();
    return () => end(task);
  };
  return { line, begin };
}

function describe(task: Task): string {
  const seconds = Math.round((Date.now() - task.beganMs) / 1000);
  return `${task.title}: ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} (usually ${task.usual})`;
}

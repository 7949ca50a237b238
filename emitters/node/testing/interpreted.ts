import type { LineSignal, SpanSignal } from "#core/signal.ts";
import { State } from "#core/state.ts";
import { StreamTotals } from "#core/stream-totals.ts";
import { createInterpret, type InterpretOptions } from "../interpret.ts";
import { loadMapping, shippedNames } from "../mapping.ts";
import type { NodeObservation, Origin } from "../observation.ts";

/** When our side sees every observation of a test, unless it says otherwise. */
export const NOW_MS: number = Date.parse("2026-11-27T08:00:00Z");

/** The pure step with everything it said so far. */
export interface Interpreted {
  readonly spans: SpanSignal[];
  readonly logs: LineSignal[];
  readonly state: State;
  /** Gives it lines of one file, objects as JSON. */
  readonly lines: (file: string, lines: readonly (object | string)[], more?: Partial<Origin> & { atMs?: number }) => void;
  readonly see: (observation: NodeObservation) => void;
  /** Every counter and every histogram's count that is not 0, as `name{label="value"}`. */
  readonly counts: () => Readonly<Record<string, number>>;
}

/** Sets up the pure step with the shipped mappings. */
export function interpreted(options: Partial<InterpretOptions> = {}): Interpreted {
  const mappings = new Map(shippedNames().map((name) => [name, loadMapping(name)]));
  const defaults = {
    mappings,
    names: {},
    signals: { traces: true, logs: true },
    openLimit: 1_000,
    pairWaitMs: 10_000,
    openAgeMs: 86_400_000,
  };
  const interpret = createInterpret({ ...defaults, ...options });
  const state = new State();
  const totals = new StreamTotals([], [], { shown: [], intended: [] });
  const [spans, logs]: [SpanSignal[], LineSignal[]] = [[], []];
  const sink = {
    series: totals.at.bind(totals),
    span: (span: SpanSignal) => void spans.push(span),
    log: (log: LineSignal) => void logs.push(log),
  };
  const offsets = new Map<string, number>();
  const see = (observation: NodeObservation) => interpret(state, observation, sink);
  return {
    spans,
    logs,
    state,
    see,
    lines: (file, lines, { atMs = NOW_MS, ...more } = {}) => {
      const bytes = Buffer.from(lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
      const offset = offsets.get(file) ?? 0;
      offsets.set(file, offset + bytes.length);
      const id = Buffer.from(file.padEnd(12, "_")).toString("hex").slice(0, 24);
      const origin: Origin = { id, name: file, format: "auto", wrap: "none", ...more };
      see({ type: "lines", origin, bytes, offset, position: { cursor: String(offset + bytes.length) }, atMs });
    },
    counts: () => {
      totals.seal().accept();
      const { points } = totals.export(NOW_MS + 86_400_000);
      const shown = points.map(({ metric, labels, value, buckets }) => {
        const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
        return [`${metric.name}{${pairs.join(",")}}`, buckets === undefined ? value : buckets.reduce((sum, n) => sum + n, 0)] as const;
      });
      return Object.fromEntries(shown.filter(([, value]) => value !== 0));
    },
  };
}

import { createHash } from "node:crypto";
import { closeSync, fstatSync, globSync, openSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { buildInfo, heartbeatTimestamp } from "#contract/generated/shared.ts";
import { OffingError } from "#core/errors.ts";
import { encodePoint, OtlpCollection, type OtlpPiece } from "#core/otlp-proto.ts";
import type { GaugePoint } from "#core/signal.ts";
import { State } from "#core/state.ts";
import { StreamTotals } from "#core/stream-totals.ts";
import type { InputConfig } from "../../emitters/node/config.ts";
import type { NodeObservation } from "../../emitters/node/observation.ts";
import type { NodeSetup } from "../node-setup.ts";
import type { Parcel } from "./parcels.ts";

/** The lines asked for are looked for in so many bytes at a file's end. */
const TAIL_BYTES = 1_048_576;
const NEWLINE = 10;

/**
 * Makes what the node emitter would send for the last lines of the files it follows, and for its own process. Only reads; no ledger is
 * opened, so totals are those of these lines.
 *
 * @throws SOURCE_UNREACHABLE when no input is a file that can be read
 */
export function nodeParcels({ config, run }: NodeSetup, count: number): readonly Parcel[] {
  const { emitter, resource, clock } = run;
  const atMs = clock.nowMs();
  const [state, totals] = [new State(), new StreamTotals(emitter.metrics, [], { shown: [], intended: [] })];
  const [spans, lines] = [new OtlpCollection(), new OtlpCollection()];
  const out = {
    series: totals.at.bind(totals),
    span: spans.span.bind(spans),
    log: lines.line.bind(lines),
  };
  for (const observation of lastLines(config.node.inputs, count, atMs)) emitter.interpret(state, observation, out);
  totals.seal().accept();
  const point = ({ metric, labels, value }: GaugePoint): OtlpPiece => encodePoint({ metric, labels, value, atMs });
  const process = [buildInfo.at({ version: run.version }, 1), heartbeatTimestamp.at({}, atMs / 1_000)];
  const ofStream = { ...resource, "service.instance.id": "(the ledger's id)" };
  const parcels: Parcel[] = [
    { signal: "traces", resource: ofStream, items: spans.count === 0 ? [] : [spans.take()] },
    { signal: "logs", resource: ofStream, items: lines.count === 0 ? [] : [lines.take()] },
    { signal: "metrics", resource: ofStream, items: [...totals.export(atMs).points.map(encodePoint), ...emitter.gauges(state).map(point)] },
    { signal: "metrics", resource: { ...resource, "service.instance.id": run.slot }, items: process.map(point) },
  ];
  return parcels.filter(({ items }) => items.length > 0);
}

function lastLines(inputs: readonly InputConfig[], count: number, atMs: number): NodeObservation[] {
  const found = inputs.flatMap((input) => {
    const path = newestOf(input);
    return path === undefined ? [] : [{ input, path, bytes: endOf(path, count) }];
  });
  if (found.length === 0) {
    const message = "no input of the node is a file that can be read; the journal and standard input cannot be looked at beforehand";
    throw new OffingError("SOURCE_UNREACHABLE", { message, context: { inputs: inputs.map(({ type }) => type).join(", ") } });
  }
  return found.map(({ input, path, bytes }): NodeObservation => {
    const id = createHash("sha256").update(path).digest("hex").slice(0, 24);
    const wrap = input.type === "docker" ? "docker" : "none";
    return {
      type: "lines",
      origin: { id, name: basename(path), format: input.format, wrap },
      bytes,
      offset: 0,
      position: { cursor: "" },
      atMs,
    };
  });
}

/** The file of an input that was written last. */
function newestOf(input: InputConfig): string | undefined {
  if (input.type !== "file" && input.type !== "docker") return undefined;
  const paths = input.pattern === undefined ? [input.path] : globSync(join(input.path, input.pattern));
  const dated = paths.map((path) => ({ path, atMs: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1 }));
  return dated.filter(({ atMs }) => atMs >= 0).sort((a, b) => b.atMs - a.atMs)[0]?.path;
}

/** The last whole lines of a file. */
function endOf(path: string, count: number): Buffer {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    const end = bytes.lastIndexOf(NEWLINE);
    let start = end + 1;
    for (let lines = 0; lines < count && start > 0; lines += 1) start = start < 2 ? 0 : bytes.lastIndexOf(NEWLINE, start - 2) + 1;
    return bytes.subarray(start, end + 1);
  } finally {
    closeSync(file);
  }
}

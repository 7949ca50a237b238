import { buildInfo, heartbeatTimestamp, ledgerCursor } from "#contract/generated/shared.ts";
import type { Emitter } from "#core/emitter.ts";
import type { Fact, StoredFact } from "#core/fact.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { encodeLog, encodePoint, encodeSpan, type OtlpPiece, type OtlpSignal } from "#core/otlp-proto.ts";
import type { RunOptions } from "#core/run.ts";
import type { Attributes, GaugePoint, Increment, Signal } from "#core/signal.ts";

/** What an emitter would hand over in one go: items of one signal with their resource. */
export interface Parcel {
  readonly signal: OtlpSignal;
  readonly resource: Attributes;
  readonly items: readonly OtlpPiece[];
}

/**
 * Makes what the emitter would send for the last facts of its ledger, and for its own process. Reads only; the emitter may run meanwhile.
 *
 * @throws LEDGER_UNREACHABLE, LEDGER_MISMATCH
 */
export async function parcelsOf<O, F extends Fact>(
  emitter: Emitter<O, F>,
  run: Pick<RunOptions<O, F>, "location" | "clock" | "resource" | "slot" | "version">,
  count: number,
): Promise<readonly Parcel[]> {
  const { domain, records } = emitter;
  const ledger = await openLedger<F>({ location: run.location, domain, mode: "read", records, nowMs: run.clock.nowMs });
  try {
    const ofLedger = { ...run.resource, "service.instance.id": ledger.id };
    const ofProcess = { ...run.resource, "service.instance.id": run.slot };
    const atMs = run.clock.nowMs();
    const signals = await lastSignals(ledger, emitter, count);
    const gauges = [...emitter.gauges(await ledger.state()), ledgerCursor.at({}, await ledger.head())];
    const process = [buildInfo.at({ version: run.version }, 1), heartbeatTimestamp.at({}, atMs / 1000)];
    const parcels: Parcel[] = [
      { signal: "traces", resource: ofLedger, items: signals.flatMap(spanOf) },
      { signal: "logs", resource: ofLedger, items: signals.flatMap(logOf) },
      {
        signal: "metrics",
        resource: ofLedger,
        items: [...signals.flatMap((one) => countOf(one, atMs)), ...gauges.map((one) => pointOf(one, atMs))],
      },
      { signal: "metrics", resource: ofProcess, items: process.map((one) => pointOf(one, atMs)) },
    ];
    return parcels.filter(({ items }) => items.length > 0);
  } finally {
    await ledger.close();
  }
}

interface Told {
  readonly stored: StoredFact;
  readonly signal: Signal;
}

async function lastSignals<O, F extends Fact>(ledger: Ledger, emitter: Emitter<O, F>, count: number): Promise<readonly Told[]> {
  const stored = count === 0 ? [] : await ledger.read(Math.max(0, (await ledger.head()) - count), count);
  // The ledger gives back what this emitter wrote; its domain was checked when it was opened.
  return stored.flatMap((one) => emitter.signals(one as StoredFact<F>).map((signal) => ({ stored: one, signal })));
}

function spanOf({ signal }: Told): OtlpPiece[] {
  return signal.type === "span" ? [encodeSpan(signal)] : [];
}

function logOf({ signal, stored }: Told): OtlpPiece[] {
  return signal.type === "log" ? [encodeLog(signal, stored)] : [];
}

function countOf({ signal, stored }: Told, atMs: number): OtlpPiece[] {
  return signal.type === "increment" ? [pointOf(signal, atMs, stored.writtenAtMs)] : [];
}

function pointOf({ metric, labels, value }: GaugePoint | Increment, atMs: number, startMs?: number): OtlpPiece {
  return encodePoint({ metric, labels, value, atMs, ...(startMs !== undefined && { startMs }) });
}

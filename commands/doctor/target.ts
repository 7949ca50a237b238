import type { StackEndpoints } from "../../stack/state.ts";
import { type StackStatus, status } from "../../stack/up.ts";

/** Addresses given by hand; each stands over what was found. */
export type GivenAddresses = Readonly<Partial<Record<"collector" | "prometheus" | "loki" | "tempo" | "grafana", string>>>;

/** The stack that doctor looks at. */
export interface DoctorTarget {
  /** The native stack of this checkout; null when none runs here and addresses are all there is. */
  readonly native: StackStatus | null;
  readonly collector: string;
  readonly prometheus: string;
  readonly loki: string;
  /** Null where there is no Tempo. */
  readonly tempo: string | null;
  /** Where spans go when there is no Tempo. */
  readonly tracesFile: string | null;
  /** Null where there is no Grafana. */
  readonly grafana: string | null;
}

/** Where the parts are when nobody says otherwise: the published ports of compose.local.yaml. */
const STANDARD: StackEndpoints & { readonly grafana: string } = {
  collector: "http://127.0.0.1:4318",
  collectorGrpc: "127.0.0.1:4317",
  prometheus: "http://127.0.0.1:9090",
  loki: "http://127.0.0.1:3100",
  alertmanager: "http://127.0.0.1:9093",
  tempo: "http://127.0.0.1:3200",
  tracesFile: null,
  grafana: "http://127.0.0.1:3000",
};

/** Finds the stack: the native one of this checkout when it runs, else whatever answers at the standard addresses. */
export async function findTarget(given: GivenAddresses, directory?: string): Promise<DoctorTarget> {
  const native = await status(directory === undefined ? {} : { directory });
  const found = native.endpoints ?? STANDARD;
  const tempo = given.tempo ?? found.tempo;
  return {
    native: native.endpoints === null ? null : native,
    collector: given.collector ?? found.collector,
    prometheus: given.prometheus ?? found.prometheus,
    loki: given.loki ?? found.loki,
    // At the standard address it is there or not; where it was named it must be there.
    tempo: given.tempo === undefined && native.endpoints === null && tempo !== null && !(await listens(tempo)) ? null : tempo,
    tracesFile: found.tracesFile,
    grafana: given.grafana ?? ((await listens(STANDARD.grafana)) ? STANDARD.grafana : null),
  };
}

async function listens(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000), redirect: "manual" });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

import { openLedger } from "#core/ledger/open.ts";
import { encodeLog, encodeRequest, encodeSpan, type OtlpPiece } from "#core/otlp-proto.ts";
import { type Feed, recordsOf } from "../commits.ts";
import { servePart } from "../part.ts";
import { projectionOf } from "../projection.ts";
import { ownCpuSeconds } from "../usage.ts";

/** Which ledger's spans and records to post, and where to. */
export interface PostOrder {
  readonly path: string;
  readonly feed: Feed;
  readonly url: string;
}

/** What was acknowledged, and what posting alone took. */
export interface PostAnswer {
  readonly spans: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

interface Body {
  readonly path: "traces" | "logs";
  readonly bytes: Buffer;
}

/** Facts of one request, as the projector's. */
const BATCH = 2_000;
const LANES = 2;

await servePart<PostOrder, PostAnswer>(async ({ path, feed, url }) => {
  const ledger = await openLedger({ location: { sqlite: path }, domain: "bench", mode: "read", records: recordsOf(feed), nowMs: Date.now });
  const { signals } = projectionOf(feed);
  const bodies: Body[] = [];
  const resource = { "service.name": "offing-bench", "service.namespace": "offing", "service.instance.id": ledger.id };
  let count = 0;
  for (let batch = await ledger.read(0, BATCH); batch.length > 0; batch = await ledger.read(batch.at(-1)?.seq ?? 0, BATCH)) {
    const spans: OtlpPiece[] = [];
    const records: OtlpPiece[] = [];
    for (const stored of batch) {
      for (const signal of signals(stored)) {
        if (signal.type === "span") spans.push(encodeSpan(signal));
        if (signal.type === "log") records.push(encodeLog(signal, stored));
      }
    }
    count += spans.length;
    bodies.push({ path: "traces", bytes: encodeRequest("traces", resource, spans) });
    bodies.push({ path: "logs", bytes: encodeRequest("logs", resource, records) });
  }
  await ledger.close();
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  const lane = async (): Promise<void> => {
    for (let body = bodies.shift(); body !== undefined; body = bodies.shift()) await post(url, body);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { spans: count, seconds: (performance.now() - beganMs) / 1000, cpuSeconds: ownCpuSeconds(cpu) };
});

async function post(url: string, { path, bytes }: Body): Promise<void> {
  const response = await fetch(`${url}/v1/${path}`, { method: "POST", headers: { "content-type": "application/x-protobuf" }, body: bytes });
  const text = await response.text();
  if (!response.ok) throw new Error(`the Collector answered ${response.status}: ${text}`);
}

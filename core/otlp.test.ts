import { afterEach, beforeEach, expect, test } from "vitest";
import { createOtlpClient, type DeliveryEvent, type Shipment } from "#core/otlp.ts";
import { encodeSpan, type OtlpPiece } from "#core/otlp-proto.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";

let receiver: OtlpReceiver;
let events: DeliveryEvent[];
beforeEach(async () => {
  receiver = await startOtlpReceiver();
  events = [];
});
afterEach(async () => await receiver.close());

function spans(count: number, { poison = [], pad = "" }: { poison?: readonly number[]; pad?: string } = {}): OtlpPiece[] {
  return Array.from({ length: count }, (_, index) =>
    encodeSpan({
      type: "span",
      name: poison.includes(index) ? "poison" : `span-${index}`,
      kind: "internal",
      traceId: index.toString(16).padStart(32, "0"),
      spanId: index.toString(16).padStart(16, "0"),
      startMs: 1_700_000_000_000,
      endMs: 1_700_000_000_000,
      attributes: { index, pad },
    }),
  );
}

async function send(
  items: readonly OtlpPiece[],
  options: Partial<Shipment> = {},
): Promise<Awaited<ReturnType<ReturnType<typeof createOtlpClient>["send"]>>> {
  const client = createOtlpClient({
    url: receiver.url,
    headers: { "x-scope": "a" },
    timeoutMs: 2_000,
    onDelivery: (event) => events.push(event),
  });
  return await client.send({
    signal: "traces",
    resource: { "service.name": "t" },
    items,
    abort: new AbortController().signal,
    patience: "wait",
    ...options,
  });
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/"name":"(span-\d+|poison)"/g)].map((match) => match[1] ?? "");
}

test("items that are taken are counted as acknowledged, at the signal's path", async () => {
  expect(await send(spans(3))).toMatchObject({ acknowledged: 3, rejected: 0, dead: [], retries: 0 });
  expect(receiver.requests.map((request) => request.path)).toEqual(["/v1/traces"]);
});

test("a passing fault is retried with the same body until it is taken", async () => {
  const faults = [503, 429, 408];
  receiver.answer = () => ({ status: faults.shift() ?? 200 });
  expect(await send(spans(2))).toMatchObject({ acknowledged: 2, retries: 3 });
  expect(new Set(receiver.requests.map((request) => request.text)).size).toBe(1);
  expect(events.filter((event) => event.delivery === "retried")).toHaveLength(3);
});

test("what is refused for good is found by halving, and the rest goes on", async () => {
  receiver.answer = (request) => (request.text.includes("poison") ? { status: 400, body: { message: "bad span" } } : { status: 200 });
  const delivery = await send(spans(1_000, { poison: [137, 862] }));
  expect(delivery.acknowledged).toBe(998);
  expect(delivery.dead.map(({ reason }) => reason)).toEqual([expect.stringContaining("bad span"), expect.stringContaining("bad span")]);
  const taken = receiver.requests.filter((request) => !request.text.includes("poison")).flatMap((request) => namesIn(request.text));
  expect(new Set(taken).size).toBe(998);
  expect(taken).toHaveLength(998);
});

test("a partial success is counted and not resent", async () => {
  receiver.answer = () => ({ status: 200, body: { partialSuccess: { rejectedSpans: "2", errorMessage: "too old" } } });
  expect(await send(spans(5))).toMatchObject({ acknowledged: 3, rejected: 2, dead: [], retries: 0 });
  expect(receiver.requests).toHaveLength(1);
});

test("a 200 that is not OTLP has queued nothing and is tried again", async () => {
  let first = true;
  receiver.answer = () => {
    const headers: Record<string, string> = first ? { "content-type": "text/html" } : {};
    first = false;
    return { status: 200, headers };
  };
  expect(await send(spans(1))).toMatchObject({ acknowledged: 1, retries: 1 });
});

test("a wait ends when it is aborted, a single try at the first fault", async () => {
  receiver.answer = () => ({ status: 503, headers: { "retry-after": "60" } });
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  await expect(send(spans(1), { abort: abort.signal })).rejects.toMatchObject({ code: "COLLECTOR_UNREACHABLE" });
  await expect(send(spans(1), { patience: "once" })).rejects.toMatchObject({ code: "COLLECTOR_UNREACHABLE" });
});

test("a long shipment is split into bodies of at most 4 MB", async () => {
  const big = spans(50, { pad: "x".repeat(300_000) });
  expect(await send(big)).toMatchObject({ acknowledged: 50 });
  for (const request of receiver.requests) expect(request.size).toBeLessThan(4_001_000);
  expect(receiver.requests.length).toBeGreaterThan(3);
});

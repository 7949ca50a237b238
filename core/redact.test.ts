import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { requestOf } from "#core/otlp.ts";
import { requestFrom } from "#core/otlp-decode.ts";
import { encodeLog, encodePoint, encodeSpan, OtlpCollection, type OtlpPiece, type OtlpSignal } from "#core/otlp-proto.ts";
import { redactAttributes, redactPiece, SECRET_PATTERNS } from "#core/redact.ts";

const NOTHING = { allow: [] };
const PLACE = { traceId: "ab".repeat(16), spanId: "cd".repeat(8) };

/** What a receiver reads of one redacted item. */
function received(signal: OtlpSignal, item: OtlpPiece): string {
  return JSON.stringify(requestFrom(`/v1/${signal}`, requestOf({ signal, resource: {}, items: [item] }, NOTHING)));
}

test("only keys of the allow-list leave, on resources, spans, lines and exemplars", () => {
  expect(redactAttributes({ "service.name": "a", "host.name": "b", "evm.tx.from": "0x1" }, NOTHING)).toEqual({ "service.name": "a" });
  const span = encodeSpan({
    type: "span",
    ...PLACE,
    name: "n",
    kind: "internal",
    startMs: 0,
    endMs: 0,
    attributes: { contract: "PSM", "evm.tx.from": "0x1", "user.email": "x" },
    events: [{ name: "e", atMs: 0, attributes: { "user.email": "x", outcome: "ok" } }],
    links: [{ ...PLACE, attributes: { "user.email": "x" } }],
    error: "password=hunter2",
  });
  const readSpan = received("traces", span);
  for (const kept of ["contract", "outcome", PLACE.traceId]) expect(readSpan).toContain(kept);
  for (const gone of ["evm.tx.from", "user.email", "hunter2"]) expect(readSpan).not.toContain(gone);
  const exemplar = { ...PLACE, value: 1, atMs: 0, factId: "f" };
  const metric = { name: "m", instrument: "counter", unit: "1", brief: "b" } as const;
  const point = received("metrics", encodePoint({ metric, labels: { contract: "PSM", wallet: "0x1" }, atMs: 0, value: 1, exemplar }));
  expect(point).not.toContain("wallet");
  for (const kept of ["contract", "offing.fact.id", PLACE.traceId]) expect(point).toContain(kept);
});

test("a key that the operator allows leaves", () => {
  const attributes = { "evm.tx.from": `0x${"ab".repeat(20)}` };
  expect(redactAttributes(attributes, { allow: ["evm.tx.from"] })).toEqual(attributes);
});

test.each([
  ["a URL with a key in its path", "asked https://rpc.example/v3/0123456789abcdef now", "asked **** now"],
  ["a URL with a password", "postgres://me:pw@db/x", "****"],
  ["a bearer token", "authorization: Bearer abc.def-ghi", "authorization: ****"],
  ["a JSON web token", "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig_-1", "got ****"],
  ["a key by its name", 'api_key="k-123" and password=p', '****" and ****'],
  ["an e-mail address", "mail ops@example.com", "mail ****"],
  ["a peer's address", "/ip4/203.0.113.7/tcp/9000", "****/tcp/9000"],
  ["an account's address", `by 0x${"ab".repeat(20)} now`, "by **** now"],
  ["a transaction hash, which is public", `0x${"ab".repeat(32)}`, `0x${"ab".repeat(32)}`],
])("%s", (_, text, masked) => {
  const log = encodeLog(
    { type: "log", event: "e", severity: "info", body: text, attributes: { contract: text } },
    { writtenAtMs: 1, seq: 1 },
  );
  const expected = encodeLog(
    { type: "log", event: "e", severity: "info", body: masked, attributes: { contract: masked } },
    { writtenAtMs: 1, seq: 1 },
  );
  expect(redactPiece("logs", log, NOTHING)).toEqual(expected);
});

test("what is harmless stays byte for byte, also in a row, and a histogram's bounds are no attributes", () => {
  const spans = new OtlpCollection();
  for (const name of ["one", "two"]) {
    spans.span({ type: "span", ...PLACE, name, kind: "client", startMs: 1, endMs: 2.5, attributes: { contract: "PSM", number: 2 ** 40 } });
  }
  const row = spans.take();
  expect(redactPiece("traces", row, { allow: ["number"] })).toEqual(row);
  expect(redactPiece("traces", row, NOTHING).ends).toHaveLength(2);
  const metric = { name: "m", instrument: "histogram", unit: "1", brief: "b", buckets: [0.5, 1] } as const;
  const point = encodePoint({ metric, labels: { contract: "PSM" }, startMs: 1, atMs: 2, value: 3, buckets: [1, 0, 2] });
  expect(redactPiece("metrics", point, NOTHING)).toEqual(point);
});

test("the Collector's overlay masks the same", () => {
  const overlay = parse(readFileSync(new URL("../collector/otel-remote.yaml", import.meta.url), "utf8"));
  expect(overlay.processors.redaction.blocked_values.map((value: string) => value.replaceAll("$$", "$"))).toEqual(SECRET_PATTERNS);
});

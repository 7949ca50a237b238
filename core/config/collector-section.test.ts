import { expect, test } from "vitest";
import { collectorSchema } from "#core/config/collector-section.ts";

const HERE = import.meta.filename;

function faultsOf(section: object): readonly string[] {
  const result = collectorSchema.safeParse(section);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

test("on loopback the defaults are those of a Collector beside us", () => {
  const { timeoutMs, intervalMs, ...way } = collectorSchema.parse({});
  expect(way).toEqual({ url: "http://127.0.0.1:4318", protocol: "http/protobuf", compression: "none", headers: {} });
});

test("beyond loopback they are those of a managed backend, redaction included", () => {
  expect(collectorSchema.parse({ url: "https://otlp.example", allow: ["evm.tx.from"] })).toMatchObject({
    protocol: "http/protobuf",
    compression: "gzip",
    redaction: { allow: ["evm.tx.from"] },
  });
});

test("redaction can be typed away, and on", () => {
  expect(collectorSchema.parse({ url: "https://otlp.example", redact: false })).not.toHaveProperty("redaction");
  expect(collectorSchema.parse({ redact: true })).toMatchObject({ redaction: { allow: [] } });
});

test("plain text beyond loopback must be typed", () => {
  expect(faultsOf({ url: "http://otlp.example" })).toEqual([expect.stringMatching(/^url: would leave this machine unencrypted/)]);
  expect(faultsOf({ url: "http://otlp.example", plaintext: true })).toEqual([]);
  for (const url of ["http://localhost:1", "http://127.0.0.2:1", "http://[::1]:1"]) expect(faultsOf({ url })).toEqual([]);
});

test("TLS files need TLS, each other and to be there", () => {
  expect(faultsOf({ url: "https://x", cert_file: HERE })).toEqual([expect.stringMatching(/^cert_file: needs `key_file`/)]);
  expect(faultsOf({ ca_file: HERE })).toEqual([expect.stringMatching(/^ca_file: .*plain text/)]);
  expect(faultsOf({ url: "https://x", ca_file: "gone.pem" })).toEqual([expect.stringMatching(/^ca_file: .*not there/)]);
});

import { ALLOWED_KEYS } from "#contract/generated/allowed-keys.ts";
import { singlesOf } from "#core/otlp-pieces.ts";
import type { OtlpPiece, OtlpSignal } from "#core/otlp-proto.ts";
import { ProtobufWriter, readFields } from "#core/protobuf.ts";
import type { Attributes } from "#core/signal.ts";

/** What may leave the host: attributes with these keys, and texts in which no secret is recognised. */
export interface Redaction {
  /** Keys that may leave besides those the contract lets go; their values leave as they are. */
  readonly allow: readonly string[];
}

const MASK = "****";

/**
 * Texts that are masked wherever they stand; RE2 and JavaScript read them alike, and collector/otel-remote.yaml has the same.
 *
 * A whole URL goes, because keys stand in user names, paths and queries; an account's address goes, a transaction's hash does not.
 */
export const SECRET_PATTERNS: readonly string[] = [
  "(?:https?|wss?|postgres(?:ql)?)://[^\\s\"'<>]+",
  "[Bb]earer +[A-Za-z0-9._~+/=-]+",
  "eyJ[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*",
  "(?:[Aa][Pp][Ii][_-]?[Kk][Ee][Yy]|[Tt]oken|[Ss]ecret|[Pp]assword)[\"']?\\s*[=:]\\s*[\"']?[^\\s\"',;]+",
  "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}",
  "/ip[46]/[0-9A-Fa-f.:]+",
  "\\b0x[0-9A-Fa-f]{40}\\b",
];

const SECRETS = SECRET_PATTERNS.map((pattern) => new RegExp(pattern, "g"));

/** Attributes without the keys that may not leave, secrets masked. */
export function redactAttributes(attributes: Attributes, redaction: Redaction): Attributes {
  const kept = Object.entries(attributes).filter(([key]) => isAllowed(key, redaction));
  return Object.fromEntries(
    kept.map(([key, value]) => [key, typeof value === "string" && !redaction.allow.includes(key) ? mask(value) : value]),
  );
}

/**
 * A piece without what may not leave. It reads the bytes that are about to leave, so nothing can pass it on another way; what is harmless
 * stays byte for byte, and the same piece gives the same bytes.
 */
export function redactPiece(signal: OtlpSignal, piece: OtlpPiece, redaction: Redaction): OtlpPiece {
  const shape = { 1: shapeOf(signal, piece), 2: shapeOf(signal, piece) };
  const ends: number[] = [];
  for (const { bytes } of singlesOf(piece)) {
    writeRedacted(bytes, shape, redaction);
    ends.push(writer.length);
  }
  return { ...piece, bytes: writer.take(), ends };
}

/** What the fields of a message are to redaction: a text, an attribute, or a message with such fields; every other field stays. */
type Shape = { readonly [field: number]: "text" | "attribute" | Shape };

const EXEMPLAR: Shape = { 7: "attribute" };
const SHAPES = {
  traces: { 5: "text", 9: "attribute", 11: { 3: "attribute" }, 13: { 4: "attribute" }, 15: { 2: "text" } },
  logs: { 5: { 1: "text" }, 6: "attribute" },
  number: { 7: "attribute", 5: EXEMPLAR },
  histogram: { 9: "attribute", 8: EXEMPLAR },
} as const satisfies Record<string, Shape>;

/** Used for one piece at a time, and left empty. */
const writer = new ProtobufWriter();

function shapeOf(signal: OtlpSignal, { metric }: OtlpPiece): Shape {
  if (signal !== "metrics") return SHAPES[signal];
  return metric?.instrument === "histogram" ? SHAPES.histogram : SHAPES.number;
}

function writeRedacted(message: Buffer, shape: Shape, redaction: Redaction): void {
  for (const { field, value, raw } of readFields(message)) {
    const what = shape[field];
    if (what === undefined || !Buffer.isBuffer(value)) writer.raw(raw);
    else if (what === "text") writer.string(field, mask(value.toString()));
    else if (what === "attribute") writeAttribute({ field, value, raw }, redaction);
    else {
      const start = writer.open(field);
      writeRedacted(value, what, redaction);
      writer.close(start);
    }
  }
}

function writeAttribute(
  { field, value, raw }: { readonly field: number; readonly value: Buffer; readonly raw: Buffer },
  redaction: Redaction,
): void {
  const key = String([...readFields(value)].find((part) => part.field === 1)?.value ?? "");
  if (redaction.allow.includes(key)) writer.raw(raw);
  if (redaction.allow.includes(key) || !ALLOWED_KEYS.has(key)) return;
  const start = writer.open(field);
  writeRedacted(value, { 2: { 1: "text" } }, redaction);
  writer.close(start);
}

function isAllowed(key: string, { allow }: Redaction): boolean {
  return ALLOWED_KEYS.has(key) || allow.includes(key);
}

function mask(text: string): string {
  return SECRETS.reduce((masked, secret) => masked.replace(secret, MASK), text);
}

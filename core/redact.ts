import { ALLOWED_KEYS } from "#contract/generated/allowed-keys.ts";
import { encodeLine, encodeLog, encodePoint, encodeSpan, type OtlpItem } from "#core/otlp-proto.ts";
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

/** One span, log record or point without what may not leave. The same item gives the same bytes. */
export function redactItem({ source, stamp }: OtlpItem, redaction: Redaction): OtlpItem {
  if ("metric" in source) return encodePoint({ ...source, labels: redactAttributes(source.labels, redaction) });
  const attributes = redactAttributes(source.attributes, redaction);
  if (source.type === "line") return encodeLine({ ...source, body: mask(source.body), attributes });
  if (source.type === "log") return encodeLog({ ...source, body: mask(source.body), attributes }, stamp ?? { writtenAtMs: 0, seq: 0 });
  return encodeSpan({
    ...source,
    name: mask(source.name),
    attributes,
    ...(source.error !== undefined && { error: mask(source.error) }),
    ...(source.events && { events: source.events.map((event) => ({ ...event, ...inner(event, redaction) })) }),
    ...(source.links && { links: source.links.map((link) => ({ ...link, ...inner(link, redaction) })) }),
  });
}

function inner({ attributes }: { readonly attributes?: Attributes }, redaction: Redaction): { readonly attributes: Attributes } {
  return { attributes: redactAttributes(attributes ?? {}, redaction) };
}

function isAllowed(key: string, { allow }: Redaction): boolean {
  return ALLOWED_KEYS.has(key) || allow.includes(key);
}

function mask(text: string): string {
  return SECRETS.reduce((masked, secret) => masked.replace(secret, MASK), text);
}

import { z } from "zod";
import { Secret } from "#core/config/secret.ts";
import { duration, isLoopbackHost, secretFile, secretText, textFile, url } from "#core/config/types.ts";
import type { OtlpProtocol } from "#core/otlp-transport.ts";
import type { Redaction } from "#core/redact.ts";

/** Where signals go, how, and how often: to the Collector on this machine, or straight to a managed backend. */
export interface CollectorConfig {
  readonly url: string;
  readonly protocol: OtlpProtocol;
  readonly compression: "none" | "gzip";
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: Secret };
  /** There when signals are cut down to what may leave the host. */
  readonly redaction?: Redaction;
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/u, { error: "is no header name" });

interface Written {
  readonly url: string;
  readonly protocol: OtlpProtocol;
  readonly compression?: "none" | "gzip" | undefined;
  readonly plaintext: boolean;
  readonly headers: Readonly<Record<string, Secret>>;
  readonly headers_file?: Secret | undefined;
  readonly ca_file?: string | undefined;
  readonly cert_file?: string | undefined;
  readonly key_file?: Secret | undefined;
  readonly redact?: boolean | undefined;
  readonly allow: readonly string[];
  readonly timeout: number;
  readonly interval: number;
}

const shape: z.ZodType<Written, object> = z.strictObject({
  url: url().default("http://127.0.0.1:4318"),
  protocol: z.enum(["http/protobuf", "grpc"]).default("http/protobuf"),
  compression: z.enum(["none", "gzip"]).optional(),
  plaintext: z.boolean().default(false),
  headers: z.record(headerName, secretText()).default({}),
  headers_file: secretFile().optional(),
  ca_file: textFile().optional(),
  cert_file: textFile().optional(),
  key_file: secretFile().optional(),
  redact: z.boolean().optional(),
  allow: z.array(z.string().min(1)).default([]),
  timeout: duration({ atLeast: "100ms" }).prefault("10s"),
  interval: duration({ atLeast: "100ms" }).prefault("5s"),
});

/**
 * The schema of the collector section. Beyond loopback the defaults are those of a managed backend: TLS, gzip, redaction; plain
 * text must be typed.
 */
export const collectorSchema: z.ZodType<CollectorConfig, object> = shape.transform((section, context) => {
  const fault = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
  const fromFile = section.headers_file === undefined ? {} : parseHeaders(section.headers_file.reveal());
  if (fromFile === undefined) fault("headers_file", "names a file with a line that is no `Name: value`");
  const isHere = isLoopbackHost(URL.parse(section.url)?.hostname ?? "");
  const isTls = section.url.startsWith("https:");
  if (!isTls && !isHere && !section.plaintext) {
    fault("url", "would leave this machine unencrypted; use https, or write `plaintext: true` if that is what you mean");
  }
  if ((section.cert_file === undefined) !== (section.key_file === undefined))
    fault("cert_file", "needs `key_file`, and the other way round");
  const given = [section.ca_file, section.cert_file].some((file) => file !== undefined);
  if (given && !isTls) fault("ca_file", "says how TLS is done, and `url` is plain text");
  const isRedacted = section.redact ?? !isHere;
  return {
    url: section.url,
    protocol: section.protocol,
    compression: section.compression ?? (isHere ? "none" : "gzip"),
    headers: { ...section.headers, ...fromFile },
    ...(given && { tls: tlsOf(section) }),
    ...(isRedacted && { redaction: { allow: section.allow } }),
    timeoutMs: section.timeout,
    intervalMs: section.interval,
  };
});

function tlsOf({ ca_file: ca, cert_file: cert, key_file: key }: Written): NonNullable<CollectorConfig["tls"]> {
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}

function parseHeaders(text: string): Readonly<Record<string, Secret>> | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#"));
  const pairs = lines.map((line) => /^\s*([^:\s]+)\s*:\s*(.*\S)\s*$/u.exec(line));
  if (pairs.some((pair) => pair === null || !headerName.safeParse(pair[1]).success)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", new Secret(pair?.[2] ?? "")]));
}

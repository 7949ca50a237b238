import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync, statSync } from "node:fs";
import { isIPv4 } from "node:net";
import { resolve } from "node:path";
import { z } from "zod";
import { Secret } from "#core/config/secret.ts";

/** Where the file that is being checked stands, and what is odd about it without being wrong. */
export interface FileScope {
  /** Relative paths in the configuration begin here. */
  readonly folder: string;
  readonly warnings: string[];
}

const scope = new AsyncLocalStorage<FileScope>();

/** Runs `check` with relative paths beginning in the scope's folder; without it they begin in the working folder. */
export function inFileScope<T>(file: FileScope, check: () => T): T {
  return scope.run(file, check);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration such as `500ms`, `10s`, `5m`, `1h` or `7d`, as milliseconds; more than 0 unless `atLeast` says otherwise. */
export function duration({ atLeast = "1ms" }: { readonly atLeast?: string } = {}): z.ZodType<number> {
  const leastMs = millisecondsOf(atLeast);
  return z
    .string({ error: (issue) => (typeof issue.input === "number" ? "needs a unit, such as 10s or 500ms" : undefined) })
    .regex(/^\d{1,9}(ms|s|m|h|d)$/u, { error: "must be a duration such as 500ms, 10s, 5m, 1h or 7d", abort: true })
    .transform(millisecondsOf)
    .refine((ms) => ms >= leastMs, { error: `must be at least ${atLeast}` });
}

/** The protocols a URL may have, without the colon. */
export interface UrlOptions {
  readonly protocols?: readonly ("http" | "https" | "ws" | "wss" | "postgres" | "postgresql")[];
}

/** A URL that holds no secret, without a slash at its end; http and https unless said otherwise. User names and passwords are refused. */
export function url({ protocols = ["http", "https"] }: UrlOptions = {}): z.ZodType<string> {
  return z.string().transform((text, context) => {
    const fault = urlFault(text, protocols) ?? (hasUser(text) ? "must not hold a user name or a password" : undefined);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
    return text.replace(/\/+$/u, "");
  });
}

/** A URL that may hold a key, a user name or a password, kept as a Secret. */
export function secretUrl({ protocols = ["http", "https"] }: UrlOptions = {}): z.ZodType<Secret> {
  return z.string().transform((text, context) => {
    const fault = urlFault(text, protocols);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
    return new Secret(text);
  });
}

/** A secret written into the configuration itself, most often by `${env:NAME}`. */
export function secretText(): z.ZodType<Secret> {
  return z
    .string()
    .min(1, { error: "must not be empty" })
    .transform((text) => new Secret(text));
}

/** A path, made absolute from the folder of the configuration file. The file need not be there. */
export function filePath(): z.ZodType<string> {
  return z
    .string()
    .min(1, { error: "must not be empty" })
    .transform((path) => absolute(path));
}

/** The path of a file that holds one secret: read once, trimmed. A missing, unreadable or empty file is a fault. */
export function secretFile(): z.ZodType<Secret> {
  return z
    .string()
    .min(1, { error: "must not be empty" })
    .transform((path, context) => {
      const read = readSecret(path);
      if ("secret" in read) return read.secret;
      context.addIssue({ code: "custom", message: read.fault });
      return z.NEVER;
    });
}

/** The path of a text file that is no secret, such as a certificate: read once. */
export function textFile(): z.ZodType<string> {
  return z
    .string()
    .min(1, { error: "must not be empty" })
    .transform((path, context) => {
      try {
        return readFileSync(absolute(path), "utf8");
      } catch {
        context.addIssue({ code: "custom", message: "names a file that is not there or cannot be read" });
        return z.NEVER;
      }
    });
}

/** Whether only this machine is meant by a host name. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || (isIPv4(host) && host.startsWith("127."));
}

function readSecret(path: string): { readonly secret: Secret } | { readonly fault: string } {
  try {
    const text = readFileSync(absolute(path), "utf8").trim();
    if (text === "") return { fault: "names a file that is empty" };
    const mode = statSync(absolute(path)).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      scope.getStore()?.warnings.push(`${path} holds a secret and others may read it (mode ${mode.toString(8)}); chmod 600 mends it`);
    }
    return { secret: new Secret(text) };
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    return { fault: isMissing ? "names a file that is not there" : "names a file that cannot be read" };
  }
}

function absolute(path: string): string {
  return resolve(scope.getStore()?.folder ?? ".", path);
}

function urlFault(text: string, protocols: readonly string[]): string | undefined {
  // The value itself is never repeated: it may hold a key.
  const parsed = URL.parse(text);
  const words = protocols.join(", ").replace(/, (?=[^,]*$)/u, " or ");
  if (parsed === null) return `must be a URL with ${words}`;
  const protocol = parsed.protocol.slice(0, -1);
  if (!protocols.includes(protocol)) return `must be a URL with ${words}, not ${protocol}`;
  return parsed.hostname === "" || /\s/u.test(text) ? `must be a URL with ${words} and a host` : undefined;
}

function hasUser(text: string): boolean {
  const parsed = URL.parse(text);
  return parsed !== null && (parsed.username !== "" || parsed.password !== "");
}

function millisecondsOf(text: string): number {
  const [, amount, unit] = /^(\d+)(\w+)$/u.exec(text) ?? [];
  return Number(amount) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
}

import { z } from "zod";
import { type CollectorConfig, collectorSchema } from "#core/config/collector-section.ts";
import type { Secret } from "#core/config/secret.ts";
import { filePath, isLoopbackHost, secretFile, secretUrl, url } from "#core/config/types.ts";

/** Where the ledger is; the PostgreSQL URL may hold a password. */
export type LedgerConfig = { readonly sqlite: string } | { readonly postgresUrl: Secret; readonly schema: string };

/** The emitter's own HTTP server. */
interface HttpConfig {
  readonly host: string;
  readonly port: number;
  /** Demanded as a bearer token; always there beyond loopback. */
  readonly token?: Secret;
}

/** Where `reconcile` asks. */
interface BackendsConfig {
  readonly prometheus: string;
  readonly loki: string;
  readonly tempo?: string;
}

/** What every emitter's configuration has. */
export interface CoreSections {
  readonly environment: string;
  readonly ledger: LedgerConfig;
  readonly collector: CollectorConfig;
  readonly http: HttpConfig;
  readonly backends: BackendsConfig;
}

/** The schemas of core's own sections. `domain` names the default ledger, `data/<domain>.db` beside the configuration. */
export function coreSections(domain: string): { readonly [K in keyof CoreSections]: z.ZodType<CoreSections[K]> } {
  return {
    environment: z.string().min(1, { error: "must not be empty" }).default("local"),
    ledger: ledgerSchema(domain),
    collector: collectorSchema.prefault({}),
    http: httpSchema.prefault({}),
    backends: backendsSchema.prefault({}),
  };
}

function ledgerSchema(domain: string): z.ZodType<LedgerConfig> {
  return z
    .strictObject({ sqlite: filePath().optional(), postgres: postgresSchema.optional() })
    .prefault({ sqlite: `data/${domain}.db` })
    .transform(({ sqlite, postgres }, context) => {
      if ((sqlite === undefined) === (postgres === undefined)) {
        context.addIssue({ code: "custom", message: "must have one of `sqlite` and `postgres`" });
        return z.NEVER;
      }
      return postgres ?? { sqlite: sqlite ?? "" };
    });
}

const POSTGRES = { protocols: ["postgres", "postgresql"] } as const;

const postgresSchema = z
  .strictObject({
    url: secretUrl(POSTGRES).optional(),
    url_file: secretFile().optional(),
    schema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/u, { error: "must be a lower-case PostgreSQL name" })
      .default("offing"),
  })
  .transform(({ url: written, url_file: fromFile, schema }, context) => {
    const postgresUrl = written ?? fromFile;
    if (postgresUrl === undefined || (written !== undefined && fromFile !== undefined)) {
      context.addIssue({ code: "custom", message: "must have one of `url` and `url_file`" });
      return z.NEVER;
    }
    if (fromFile !== undefined && !secretUrl(POSTGRES).safeParse(fromFile.reveal()).success) {
      context.addIssue({ code: "custom", path: ["url_file"], message: "names a file that holds no postgres URL" });
    }
    return { postgresUrl, schema };
  });

const httpSchema = z
  .strictObject({ listen: z.string().default("127.0.0.1:9470"), token_file: secretFile().optional() })
  .transform(({ listen, token_file: token }, context) => {
    const address = parseListen(listen);
    const fault = address === undefined ? "must be HOST:PORT, such as 127.0.0.1:9470" : listenFault(address.host, token);
    if (address === undefined || fault !== undefined) {
      context.addIssue({ code: "custom", path: ["listen"], message: fault ?? "" });
      return z.NEVER;
    }
    return { ...address, ...(token !== undefined && { token }) };
  });

/** `HOST:PORT` in its parts; undefined when it is none. */
export function parseListen(listen: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/u.exec(listen) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host === undefined || !(port <= 65_535) ? undefined : { host, port };
}

/** Why a host may not be listened on: beyond loopback it needs a token. */
export function listenFault(host: string, token: Secret | undefined): string | undefined {
  if (isLoopbackHost(host) || token !== undefined) return undefined;
  return "is beyond loopback and needs a `token_file`, so that nobody reads without leave";
}

const backendsSchema = z
  .strictObject({
    prometheus: url().default("http://127.0.0.1:9090"),
    loki: url().default("http://127.0.0.1:3100"),
    tempo: url().optional(),
  })
  .transform(({ prometheus, loki, tempo }) => ({ prometheus, loki, ...(tempo !== undefined && { tempo }) }));

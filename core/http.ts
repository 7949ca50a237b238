import { timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { OffingError } from "#core/errors.ts";
import type { Json, StoredFact } from "#core/fact.ts";

/** What becomes of a body that the world sent. */
export interface IntakeAnswer {
  /** 200 once it is durable, 400 for what will never be of use, 503 for what shall be sent again. */
  readonly status: 200 | 400 | 503;
}

/** Where the world may send bodies by POST. */
export interface Intake {
  readonly path: string;
  readonly accept: (body: string) => Promise<IntakeAnswer>;
}

/** What the emitter tells of itself. Every answer is JSON, and nothing but the intake changes anything. */
export interface HttpOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Demanded as a bearer token when set; required by the configuration for any address beyond loopback. */
  readonly token?: string;
  /** Why the process is not alive; empty when it is. */
  readonly unhealthy: () => readonly string[];
  /** What still keeps it from being ready; empty when it is. */
  readonly unready: () => readonly string[];
  readonly state: () => Promise<Json>;
  readonly fact: (id: string) => Promise<StoredFact | undefined>;
  readonly intake?: Intake;
}

const MAX_BODY_BYTES = 5_000_000;

/** A listening server. */
export interface HttpServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/**
 * Serves /healthz, /readyz, /state and /facts/ID.
 *
 * @throws PORT_TAKEN when the port is in use
 */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const server = createAdaptorServer({ fetch: routes(options).fetch });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === "EADDRINUSE" ? "the emitter's own HTTP port is in use" : "the emitter's own HTTP port cannot be opened";
      const hint = "Set another `http.listen` in the configuration; port 0 takes a free one.";
      reject(new OffingError("PORT_TAKEN", { message, context: { address: `${options.host}:${options.port}` }, hint, cause }));
    });
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    close: async () => {
      if ("closeAllConnections" in server) server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function routes(options: HttpOptions): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    if (options.token !== undefined && !hasToken(context.req.header("authorization"), options.token)) {
      return context.json({ error: "a bearer token is needed" }, 401);
    }
    return await next();
  });
  const verdict = (reasons: readonly string[]): Response =>
    Response.json({ ok: reasons.length === 0, reasons }, { status: reasons.length === 0 ? 200 : 503 });
  app.get("/healthz", () => verdict(options.unhealthy()));
  app.get("/readyz", () => verdict(options.unready()));
  app.get("/state", async (context) => context.json(await options.state()));
  app.get("/facts/:id", async (context) => {
    const fact = await options.fact(context.req.param("id"));
    return fact === undefined ? context.json({ error: "no fact has this id" }, 404) : context.json(fact);
  });
  if (options.intake !== undefined) {
    const { path, accept } = options.intake;
    const tooLarge = (): Response => Response.json({ error: "too large" }, { status: 413 });
    app.post(path, bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }), async (context) => {
      const { status } = await accept(await context.req.text());
      return context.json({ ok: status === 200 }, status);
    });
  }
  app.notFound((context) => context.json({ error: "not found", paths: ["/healthz", "/readyz", "/state", "/facts/ID"] }, 404));
  app.onError((error, context) => context.json({ error: error instanceof OffingError ? error.code : "failed" }, 503));
  return app;
}

function hasToken(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header?.replace(/^Bearer /i, "") ?? "");
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

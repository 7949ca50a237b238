import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";

/** What an endpoint answered over HTTP. */
export interface Posted {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Undefined when it was longer than the cap; the rest of it was not read. */
  readonly body: string | undefined;
}

/** One request. */
export interface Posting {
  readonly body: string;
  readonly maxBytes: number;
  /** Holds for the whole body. */
  readonly signal: AbortSignal;
}

/**
 * Posts JSON over a connection that is kept for the next one, and follows no redirect. A name and a password in the URL go as basic
 * authentication.
 *
 * @throws whatever the connection fails with, or an AbortError
 */
export function post(url: URL, { body, maxBytes, signal }: Posting): Promise<Posted> {
  const { username, password } = url;
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...(username === "" && password === "" ? {} : { authorization: `Basic ${basic}` }),
  };
  const { protocol, hostname, port, pathname, search } = url;
  const place = { hostname: hostname.replace(/^\[|\]$/g, ""), port, path: `${pathname}${search}` };
  return new Promise((resolve, reject) => {
    const send = protocol === "https:" ? requestTls : requestPlain;
    const request = send({ ...place, method: "POST", headers, signal }, (response) => {
      const answer = { status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] };
      const chunks: Buffer[] = [];
      let bytes = 0;
      const cut = (): void => {
        resolve({ ...answer, body: undefined });
        request.destroy();
      };
      if (Number(response.headers["content-length"] ?? 0) > maxBytes) return cut();
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > maxBytes) cut();
      });
      response.once("end", () => resolve({ ...answer, body: Buffer.concat(chunks).toString() }));
      response.once("error", reject);
      response.once("aborted", () => reject(Object.assign(new Error("the answer was cut"), { code: "ECONNRESET" })));
    });
    request.once("error", reject);
    request.end(body);
  });
}

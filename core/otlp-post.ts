import { type Agent, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { buffer } from "node:stream/consumers";

/** What a receiver answered. */
export interface PostAnswer {
  readonly status: number;
  /** Empty when there is none. */
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly body: Buffer;
}

/** One request. */
export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly signal: AbortSignal;
  /** Keeps the connections; the process's own when left out. */
  readonly agent?: Agent | undefined;
}

/**
 * Posts a protobuf body over a connection that is kept for the next one, and follows no redirect.
 *
 * It stands on node:http because fetch copies a body several times over, which costs as much as encoding it.
 *
 * @throws whatever the connection fails with, or an AbortError
 */
export function postProtobuf(url: string, { headers, body, signal, agent }: PostOptions): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith("https:") ? requestTls : requestPlain;
    const lengths = { "content-type": "application/x-protobuf", "content-length": body.length };
    const request = send(url, { method: "POST", headers: { ...headers, ...lengths }, signal, ...(agent && { agent }) }, (response) => {
      const { statusCode: status = 0, headers: answered } = response;
      const answer = { status, contentType: answered["content-type"] ?? "", retryAfter: answered["retry-after"] };
      buffer(response).then((content) => resolve({ ...answer, body: content }), reject);
    });
    request.once("error", reject);
    request.end(body);
  });
}

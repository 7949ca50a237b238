import { createServer, type Server, type Socket } from "node:net";

/** A request: its path, and its body, which is empty for a GET. */
export interface PlainRequest {
  readonly path: string;
  readonly body: string;
}

/** Answers with the parts of a JSON text, in order. */
export type PlainAnswer = (request: PlainRequest) => readonly (Buffer | string)[];

const HEAD_END = "\r\n\r\n";

/**
 * Serves JSON over HTTP/1.1 with as little of its own as possible, because a replayed node shares its processors with what is measured:
 * one request after the other on each connection, bodies with a content length, and connections that are kept.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112
 */
export function createPlainServer(answer: PlainAnswer): Server {
  return createServer({ noDelay: true }, (socket) => {
    let unread: Buffer = Buffer.alloc(0);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
      for (let taken = take(unread); taken !== undefined; taken = take(unread)) {
        unread = unread.subarray(taken.length);
        respond(socket, answer(taken.request));
      }
    });
  });
}

/** The first request of the bytes, and how long it is; nothing while a part of it is still to come. */
function take(bytes: Buffer): { readonly request: PlainRequest; readonly length: number } | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd === -1) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  const bodyAt = headEnd + HEAD_END.length;
  const length = bodyAt + Number(/\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  if (bytes.length < length) return undefined;
  return { request: { path: head.split(" ", 2)[1] ?? "", body: bytes.toString("utf8", bodyAt, length) }, length };
}

/** Nothing is copied: what was recorded goes to the socket as it is. */
function respond(socket: Socket, parts: readonly (Buffer | string)[]): void {
  const length = parts.reduce((sum, part) => sum + (typeof part === "string" ? Buffer.byteLength(part) : part.length), 0);
  socket.cork();
  socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}${HEAD_END}`, "latin1");
  for (const part of parts) socket.write(part);
  socket.uncork();
}

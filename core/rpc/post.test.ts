import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createPost, type Post, type Posted } from "./post.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A way to post to a server that answers so. */
async function posting(answer: (response: ServerResponse) => void): Promise<Post> {
  const server = createServer((_, response) => answer(response));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return createPost(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
}

const rest = { body: "{}", maxBytes: 1_000, signal: new AbortController().signal };
const text = ({ body }: Posted): string | undefined => body?.toString();

describe("a post", () => {
  it("reads an answer once all of it is there, in however many pieces it came", async () => {
    const post = await posting(async (response) => {
      for (const piece of ["on", "e by ", "one"]) {
        response.write(piece);
        await setTimeout(5);
      }
      response.end();
    });
    expect(await post({ ...rest, read: text })).toBe("one by one");
    const short = await posting((response) => void response.writeHead(503, { "retry-after": "7" }).end());
    const read = ({ status, retryAfter, body }: Posted) => [status, retryAfter, body?.length];
    expect(await short({ ...rest, read })).toEqual([503, "7", 0]);
  });

  it("reads no byte of an answer that is longer than the cap, told or not", async () => {
    const told = await posting((response) => void response.end("x".repeat(1_001)));
    expect(await told({ ...rest, read: text })).toBeUndefined();
    const untold = await posting((response) => {
      response.write("x".repeat(600));
      response.write("x".repeat(600));
    });
    expect(await untold({ ...rest, read: text })).toBeUndefined();
  });

  it("fails with what reading fails with, with what the connection fails with, and with the signal's reason", async () => {
    const post = await posting((response) => void response.end("<html>"));
    await expect(post({ ...rest, read: ({ body }) => JSON.parse(String(body)) as unknown })).rejects.toThrow(SyntaxError);
    const cut = await posting((response) => void response.destroy());
    await expect(cut({ ...rest, read: text })).rejects.toThrow("other side closed");
    const silent = await posting(() => {});
    const stop = new AbortController();
    const asked = silent({ ...rest, signal: stop.signal, read: text });
    stop.abort("enough");
    await expect(asked).rejects.toBe("enough");
    await expect(silent({ ...rest, signal: stop.signal, read: text })).rejects.toBe("enough");
  });
});

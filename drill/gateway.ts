import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A gateway between an emitter and the Collector, as a network puts there one that can be set up wrongly. */
export interface Gateway {
  readonly url: string;
  /** Whether it answers a request to this path with 400 instead of passing it on. */
  refuses: (path: string) => boolean;
  readonly close: () => Promise<void>;
}

/** Starts a gateway on a free loopback port in front of the Collector at `target`. */
export async function startGateway(target: string): Promise<Gateway> {
  const gateway: { refuses: Gateway["refuses"] } = { refuses: () => false };
  const server = createServer((request, response) => {
    pass(request, { response, target, refuses: gateway.refuses }).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(gateway, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

interface Passing extends Pick<Gateway, "refuses"> {
  readonly response: ServerResponse;
  readonly target: string;
}

/** A Collector that is away is passed on as what it is: a connection that breaks. */
async function pass(request: IncomingMessage, { response, target, refuses }: Passing): Promise<void> {
  const path = request.url ?? "/";
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  if (refuses(path)) {
    response.writeHead(400, { "content-type": "text/plain" }).end("refused by a gateway that is set up wrongly");
    return;
  }
  const type = request.headers["content-type"] ?? "application/x-protobuf";
  const answer = await fetch(new URL(path, target), { method: "POST", headers: { "content-type": type }, body });
  response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? type });
  response.end(Buffer.from(await answer.arrayBuffer()));
}

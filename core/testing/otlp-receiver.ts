import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it arrived, parsed. */
export interface ReceivedRequest {
  readonly path: string;
  readonly body: unknown;
  readonly text: string;
}

/** What the receiver answers: an HTTP status, a JSON body and headers. */
export interface ReceiverAnswer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An OTLP/HTTP receiver on loopback whose faults a test chooses; the real Collector's are seen in the end-to-end tests. */
export interface OtlpReceiver {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Decides each answer; 200 and an empty object by default. */
  answer: (request: ReceivedRequest) => ReceiverAnswer | Promise<ReceiverAnswer>;
  readonly close: () => Promise<void>;
}

/** Starts a receiver on a free port. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const requests: ReceivedRequest[] = [];
  const receiver: { answer: OtlpReceiver["answer"] } = { answer: () => ({ status: 200 }) };
  const respond = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const request = { path: incoming.url ?? "", text, body: JSON.parse(text) as unknown };
    requests.push(request);
    const { status, body = {}, headers = {} } = await receiver.answer(request);
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
  const server = createServer((incoming, response) => void respond(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

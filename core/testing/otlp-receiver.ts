import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { requestFrom } from "#core/otlp-decode.ts";
import { ProtobufWriter } from "#core/protobuf.ts";

/** A request as it arrived, decoded. */
export interface ReceivedRequest {
  readonly path: string;
  /** The request in OTLP's JSON mapping. */
  readonly body: unknown;
  /** `body` as text: the same bytes give the same text. */
  readonly text: string;
  /** How long the body was on its way, in bytes. */
  readonly size: number;
}

/** What the receiver answers: an HTTP status, a body in OTLP's JSON mapping, which goes out as protobuf, and headers. */
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
    const bytes = Buffer.concat(chunks);
    const request = receivedRequest(incoming.url ?? "", bytes);
    requests.push(request);
    const { status, body: answer = {}, headers = {} } = await receiver.answer(request);
    response.writeHead(status, { "content-type": "application/x-protobuf", ...headers }).end(answerBytes(answer));
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

/** Decodes only what somebody looks at: under load most requests are only counted. */
function receivedRequest(path: string, bytes: Buffer): ReceivedRequest {
  let body: unknown;
  let text: string | undefined;
  return {
    path,
    size: bytes.length,
    get body() {
      body ??= requestFrom(path, bytes);
      return body;
    },
    get text() {
      text ??= JSON.stringify(this.body);
      return text;
    },
  };
}

/** A receiver's answer as protobuf: a partial success, or the message of a status. */
function answerBytes(answer: { readonly partialSuccess?: object; readonly message?: string }): Buffer {
  const writer = new ProtobufWriter();
  if (answer.message !== undefined) writer.string(2, answer.message);
  if (answer.partialSuccess !== undefined) {
    const start = writer.open(1);
    for (const [key, value] of Object.entries(answer.partialSuccess)) {
      if (key === "errorMessage") writer.string(2, String(value));
      else writer.int64(1, Number(value));
    }
    writer.close(start);
  }
  return writer.take();
}

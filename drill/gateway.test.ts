import { afterAll, beforeAll, expect, test } from "vitest";
import { createOtlpClient, type Delivery } from "#core/otlp.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import { DRILLS } from "../observability/drill/catalogue.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { mark } from "./mark.ts";

let receiver: OtlpReceiver;
let gateway: Gateway;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  gateway = await startGateway(receiver.url);
});
afterAll(async () => {
  await gateway.close();
  await receiver.close();
});

const [plan] = DRILLS;

test("a gateway passes on what comes, byte for byte, and what is refused goes no further", async () => {
  if (plan === undefined) throw new TypeError("there is no drill");
  const signal = new AbortController().signal;
  await mark(plan, { collector: gateway.url, phase: "started", signal });
  await mark(plan, { collector: receiver.url, phase: "started", signal });
  const [passed, straight] = receiver.requests;
  expect(passed).toMatchObject({ path: "/v1/logs", size: straight?.size });
  gateway.refuses = (path) => path === "/v1/logs";
  const client = createOtlpClient({ url: gateway.url, headers: {}, timeoutMs: 5_000 });
  const shared = { resource: {}, items: [], abort: signal, patience: "once" } as const;
  const delivered: Delivery = await client.send({ ...shared, signal: "metrics" });
  expect(delivered.dead).toEqual([]);
  await mark(plan, { collector: gateway.url, phase: "ended", signal });
  expect(receiver.requests).toHaveLength(2);
});

test("a mark is one log record of the contract, by its own service, with name, phase and target", () => {
  const [request] = receiver.requests;
  for (const text of ["offing-drill", "offing.drill", "offing.drill.name", plan?.name, "offing.drill.phase", "started", plan?.target])
    expect(request?.text).toContain(text);
});

test("a Collector that is away breaks the connection through the gateway too", async () => {
  const orphan = await startGateway("http://127.0.0.1:1");
  await expect(fetch(`${orphan.url}/v1/logs`, { method: "POST", body: "" })).rejects.toThrow();
  await orphan.close();
});

import { describe, expect, it } from "vitest";
import { type Call, type Exchange, together } from "./together.ts";

const never = new AbortController().signal;
const REFUSED = new Error("too much at once");

function calls(count: number): readonly Call[] {
  return Array.from({ length: count }, (_, index) => ({ id: index + 1, method: "eth_getBlockByNumber", params: [index] }));
}

function responseTo({ id, params }: Call): object {
  return { id, result: params[0] };
}

/** Sends calls to an endpoint that answers so, and keeps how many came in each request. */
function endpoint(answer: (asked: Call | readonly Call[]) => unknown) {
  const sizes: number[] = [];
  const exchange: Exchange = async ({ body }) => {
    const asked = JSON.parse(body) as Call | readonly Call[];
    sizes.push([asked].flat().length);
    return answer(asked);
  };
  const { send, allow } = together({ exchange, isRefusal: (error) => error === REFUSED });
  allow(100);
  return { sizes, send, allow };
}

describe("sending together", () => {
  it("sends what is asked at one moment in few requests, and gives each its own answer whatever their order", async () => {
    const { sizes, send } = endpoint((asked) => (Array.isArray(asked) ? asked.toReversed().map(responseTo) : responseTo(asked as Call)));
    const answers = await Promise.all(calls(11).map((call) => send(call, never)));
    expect(answers).toEqual(calls(11).map(responseTo));
    expect(sizes).toEqual([8, 3]);
    await send({ id: 12, method: "eth_chainId", params: [] }, never);
    expect(sizes).toEqual([8, 3, 1]);
  });

  it("sends no more at once than the endpoint was seen to answer, and one by one before that", async () => {
    const sizes: number[] = [];
    const exchange: Exchange = async ({ body }) => {
      const asked = [JSON.parse(body) as Call | readonly Call[]].flat() as readonly Call[];
      sizes.push(asked.length);
      return body.startsWith("[") ? asked.map(responseTo) : asked.map(responseTo)[0];
    };
    const { send, allow } = together({ exchange, isRefusal: () => false });
    await Promise.all(calls(2).map((call) => send(call, never)));
    allow(5);
    await Promise.all(calls(6).map((call) => send(call, never)));
    expect(sizes).toEqual([1, 1, 5, 1]);
  });

  it.each<[string, (asked: readonly Call[]) => unknown]>([
    ["with one error for all", () => ({ error: { code: -32_600, message: "batches are not supported" } })],
    ["with null", () => null],
    ["with less than was asked", (asked) => asked.slice(1).map(responseTo)],
    ["with two answers to one call", (asked) => [...asked.slice(1), ...asked.slice(-1)].map(responseTo)],
    ["with two answers that contradict each other", (asked) => [...asked.map(responseTo), { id: 2, result: "another" }]],
    ["with answers to something else", (asked) => asked.map((call) => responseTo({ ...call, id: call.id + 100 }))],
    [
      "that it is too much",
      () => {
        throw REFUSED;
      },
    ],
  ])("asks one by one, then and later, where an endpoint answers %s", async (_, answer) => {
    const { sizes, send, allow } = endpoint((asked) => (Array.isArray(asked) ? answer(asked) : responseTo(asked as Call)));
    expect(await Promise.all(calls(3).map((call) => send(call, never)))).toEqual(calls(3).map(responseTo));
    expect(await Promise.all(calls(2).map((call) => send(call, never)))).toEqual(calls(2).map(responseTo));
    allow(100);
    expect(await Promise.all(calls(2).map((call) => send(call, never)))).toEqual(calls(2).map(responseTo));
    expect(sizes.filter((size) => size > 1)).toEqual([3]);
  });

  it("fails all of them with what the connection fails with, and goes on sending together", async () => {
    let left = 1;
    const lost = new Error("cut");
    const { sizes, send } = endpoint((asked) => {
      left -= 1;
      if (left === 0) throw lost;
      return [asked].flat().map((call) => responseTo(call as Call));
    });
    const failed = await Promise.allSettled(calls(3).map((call) => send(call, never)));
    expect(failed).toEqual(calls(3).map(() => ({ status: "rejected", reason: lost })));
    await Promise.all(calls(3).map((call) => send(call, never)));
    expect(sizes).toEqual([3, 3]);
  });

  it("asks for fewer at once after a part was refused, since that may only mean that all of it was too much", async () => {
    const refusal = (call: Call) => ({ id: call.id, error: { code: -32_003, message: "response too large" } });
    const { sizes, send } = endpoint((asked) => {
      if (!Array.isArray(asked)) return responseTo(asked as Call);
      return asked.map((call: Call) => (call.id > 1 ? refusal(call) : responseTo(call)));
    });
    const round = () => Promise.all(calls(3).map((call) => send(call, never)));
    expect(await round()).toEqual(calls(3).map((call) => (call.id > 1 ? refusal(call) : responseTo(call))));
    for (let turn = 0; turn < 2; turn += 1) await round();
    expect(await round()).toEqual(calls(3).map(responseTo));
    expect(sizes).toEqual([3, 3, 2, 1, 1, 1, 1]);
  });

  it("asks for fewer at once after an answer that did not come, so that what is too slow together is read all the same", async () => {
    const { sizes, send } = endpoint((asked) => {
      const each = [asked].flat() as readonly Call[];
      if (each.length > 2) throw new DOMException("no answer in time", "TimeoutError");
      return Array.isArray(asked) ? each.map(responseTo) : each.map(responseTo)[0];
    });
    const round = () => Promise.allSettled(calls(8).map((call) => send(call, never)));
    for (let turn = 0; turn < 3; turn += 1) await round();
    expect((await round()).every(({ status }) => status === "fulfilled")).toBe(true);
    expect(Math.max(...sizes.slice(-4))).toBe(2);
  });

  it("dares one more at once after a while, up to what the endpoint was seen to answer", async () => {
    let isAway = true;
    const { sizes, send } = endpoint((asked) => {
      if (isAway) throw new Error("cut");
      return Array.isArray(asked) ? asked.map(responseTo) : responseTo(asked as Call);
    });
    await Promise.allSettled(calls(8).map((call) => send(call, never)));
    isAway = false;
    for (let turn = 0; turn < 400; turn += 1) await Promise.all(calls(8).map((call) => send(call, never)));
    expect([sizes[0], sizes[1], Math.max(...sizes.slice(1)), sizes.at(-1)]).toEqual([8, 4, 8, 8]);
  });

  it("does not ask again for what nobody waits for", async () => {
    const { promise: refused, resolve: refuse } = Promise.withResolvers<void>();
    const { sizes, send } = endpoint(async (asked) => {
      if (!Array.isArray(asked)) return responseTo(asked as Call);
      await refused;
      return null;
    });
    const stop = new AbortController();
    const [first, second, third] = calls(3).map((call, index) => send(call, index === 0 ? stop.signal : never));
    await expect.poll(() => sizes).toEqual([3]);
    stop.abort("enough");
    await expect(first).rejects.toBe("enough");
    refuse();
    expect(await Promise.all([second, third])).toEqual(calls(3).slice(1).map(responseTo));
    expect(sizes).toEqual([3, 1, 1]);
  });

  it("says of all that one request let wait too long that it was the same fault", async () => {
    const { send } = endpoint(() => new Promise(() => {}));
    const limits = [new AbortController(), new AbortController()] as const;
    const asked = limits.map(({ signal }, id) => send({ id, method: "eth_chainId", params: [] }, signal).catch((error: unknown) => error));
    await new Promise((resolve) => setTimeout(resolve, 1));
    for (const limit of limits) limit.abort(new DOMException("no answer in time", "TimeoutError"));
    const [first, second] = await Promise.all(asked);
    expect(first).toBe(second);
  });

  it("ends the request only when nobody waits for any of its answers", async () => {
    let ended = false;
    const exchange: Exchange = (_, signal) =>
      new Promise((__, reject) => {
        signal.addEventListener("abort", () => {
          ended = true;
          reject(signal.reason);
        });
      });
    const { send, allow } = together({ exchange, isRefusal: () => false });
    allow(2);
    const stops = [new AbortController(), new AbortController()] as const;
    const asked = stops.map(({ signal }, id) => send({ id, method: "eth_chainId", params: [] }, signal));
    await new Promise((resolve) => setTimeout(resolve, 1));
    stops[0].abort("first");
    await expect(asked[0]).rejects.toBe("first");
    expect(ended).toBe(false);
    stops[1].abort("second");
    await expect(asked[1]).rejects.toBe("second");
    expect(ended).toBe(true);
  });
});

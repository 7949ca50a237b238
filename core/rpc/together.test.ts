import { describe, expect, it } from "vitest";
import { type Call, type Exchange, type Outcome, type Sent, together } from "./together.ts";

const never = new AbortController().signal;
const REFUSED = new Error("too much at once");

function calls(count: number): readonly Call[] {
  return Array.from({ length: count }, (_, index) => ({ id: index + 1, method: "eth_getBlockByNumber", params: [index], read }));
}

function read(response: unknown): Outcome {
  return { value: response };
}

function responseTo({ id, params }: Sent): { readonly id: number; readonly result: unknown } {
  return { id, result: params[0] };
}

function outcomeOf(call: Sent): Outcome {
  return { value: responseTo(call) };
}

const BYTES = 100;

/** Sends calls to an endpoint that answers so and may be asked so many at once, and keeps how many came in each request. */
function untried(answer: (asked: Sent | readonly Sent[]) => unknown, allowed = 100) {
  const sizes: number[] = [];
  const time = { nowMs: 0 };
  const exchange: Exchange = async ({ body, read: readAll }) => {
    const asked = JSON.parse(body) as Sent | readonly Sent[];
    sizes.push([asked].flat().length);
    return { value: readAll(await answer(asked)), bytes: BYTES * [asked].flat().length };
  };
  const made = together({ exchange, isRefusal: (error) => error === REFUSED, clock: { nowMs: () => time.nowMs } });
  made.allow(allowed);
  return { sizes, ...made, time };
}

/** The same once it has answered a first call, quickly. */
async function endpoint(answer: (asked: Sent | readonly Sent[]) => unknown, allowed?: number) {
  let isFirst = true;
  const made = untried((asked) => (isFirst ? responseTo(asked as Sent) : answer(asked)), allowed);
  for (const call of calls(1)) await made.send(call, never);
  isFirst = false;
  made.sizes.length = 0;
  return made;
}

function each(asked: Sent | readonly Sent[]): unknown {
  return Array.isArray(asked) ? asked.map(responseTo) : responseTo(asked as Sent);
}

describe("sending together", () => {
  it("sends what is asked at one moment in few requests, and gives each its own answer whatever their order", async () => {
    const { sizes, send } = await endpoint((asked) =>
      Array.isArray(asked) ? asked.toReversed().map(responseTo) : responseTo(asked as Sent),
    );
    const answers = await Promise.all(calls(11).map((call) => send(call, never)));
    expect(answers).toEqual(calls(11).map(outcomeOf));
    expect(sizes).toEqual([8, 3]);
    await send({ id: 12, method: "eth_chainId", params: [], read }, never);
    expect(sizes).toEqual([8, 3, 1]);
  });

  it("reads each response when it comes, so that nobody holds it as it came, and what cannot be read is that call's alone", async () => {
    const { sizes, send } = await endpoint(each);
    const error = new Error("not readable");
    const readOne = (response: unknown): Outcome => {
      const { id, result } = response as { readonly id: number; readonly result: unknown };
      return id === 2 ? { error } : { value: `${id}: ${result}` };
    };
    const outcomes = await Promise.all(calls(3).map((call) => send({ ...call, read: readOne }, never)));
    expect(outcomes).toEqual([{ value: "1: 0" }, { error }, { value: "3: 2" }]);
    expect(sizes).toEqual([3]);
  });

  it("sends no more at once than the endpoint was seen to answer, and one by one before that", async () => {
    const { sizes, send, allow } = await endpoint(each, 1);
    await Promise.all(calls(2).map((call) => send(call, never)));
    allow(5);
    await Promise.all(calls(6).map((call) => send(call, never)));
    expect(sizes).toEqual([1, 1, 5, 1]);
  });

  it("sends alone what nobody knows the time and the length of, and only what is of one method at once", async () => {
    const { sizes, send } = untried(each);
    const blocks = () => Promise.all(calls(3).map((call) => send(call, never)));
    const traces = () => Promise.all(calls(3).map((call) => send({ ...call, id: call.id + 10, method: "trace_block" }, never)));
    await blocks();
    await Promise.all([blocks(), traces()]);
    expect(sizes).toEqual([1, 1, 1, 3, 1, 1, 1]);
    await Promise.all([blocks(), traces()]);
    expect(sizes.slice(7)).toEqual([3, 3]);
  });

  it("sends as many at once as promise little work, whatever the way takes, and dares more when there is less", async () => {
    let workMs = 0;
    const { sizes, send, alone, time } = untried(async (asked) => {
      const startedMs = time.nowMs;
      // Those that are on their way at one moment do not wait for each other.
      await new Promise((resolve) => setTimeout(resolve, 1));
      time.nowMs = startedMs + 300 + workMs * [asked].flat().length;
      return each(asked);
    });
    const round = async () => {
      sizes.length = 0;
      await Promise.all(calls(2).map((call) => send(call, never)));
      return sizes.join(" and ");
    };
    await alone({ id: 0, method: "eth_chainId", params: [], read }, never);
    workMs = 20;
    expect([await round(), await round()]).toEqual(["1 and 1", "2"]);
    workMs = 100;
    expect([await round(), await round()]).toEqual(["2", "1 and 1"]);
    workMs = 1;
    for (let turn = 0; turn < 20; turn += 1) await round();
    expect(await round()).toBe("2");
  });

  it("learns nothing good of a method from an answer without a result, and something bad from one that did not come", async () => {
    let answer: (asked: Sent | readonly Sent[]) => unknown = () => ({ id: 1, error: { code: -32_000, message: "not found" } });
    const { sizes, send, alone, time } = untried((asked) => answer(asked));
    const round = async () => {
      sizes.length = 0;
      await Promise.allSettled(calls(2).map((call) => send(call, never)));
      return sizes.join(" and ");
    };
    answer = each;
    await alone({ id: 0, method: "eth_chainId", params: [], read }, never);
    answer = () => ({ id: 1, error: { code: -32_000, message: "not found" } });
    expect([await round(), await round()]).toEqual(["1 and 1", "1 and 1"]);
    answer = each;
    expect([await round(), await round()]).toEqual(["1 and 1", "2"]);
    answer = () => {
      time.nowMs += 10_000;
      throw new DOMException("no answer in time", "TimeoutError");
    };
    await round();
    answer = each;
    expect([await round(), await round()]).toEqual(["1 and 1", "1 and 1"]);
  });

  it("sends alone what is long", async () => {
    const { sizes, send } = await endpoint((asked) => each(asked), 100);
    const long = together({
      exchange: async ({ body, read: readAll }) => {
        const asked = JSON.parse(body) as Sent | readonly Sent[];
        sizes.push([asked].flat().length);
        return { value: readAll(each(asked)), bytes: 200 * 1024 };
      },
      isRefusal: () => false,
      clock: { nowMs: () => 0 },
    });
    long.allow(100);
    for (let turn = 0; turn < 2; turn += 1) await Promise.all(calls(3).map((call) => long.send(call, never)));
    expect(sizes).toEqual([1, 1, 1, 1, 1, 1]);
    await Promise.all(calls(3).map((call) => send(call, never)));
    expect(sizes.slice(6)).toEqual([3]);
  });

  it.each<[string, (asked: readonly Sent[]) => unknown]>([
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
    const { sizes, send, allow } = await endpoint((asked) => (Array.isArray(asked) ? answer(asked) : responseTo(asked as Sent)));
    expect(await Promise.all(calls(3).map((call) => send(call, never)))).toEqual(calls(3).map(outcomeOf));
    expect(await Promise.all(calls(2).map((call) => send(call, never)))).toEqual(calls(2).map(outcomeOf));
    allow(100);
    expect(await Promise.all(calls(2).map((call) => send(call, never)))).toEqual(calls(2).map(outcomeOf));
    expect(sizes.filter((size) => size > 1)).toEqual([3]);
  });

  it("fails all of them with what the connection fails with, and goes on sending together", async () => {
    let left = 1;
    const lost = new Error("cut");
    const { sizes, send } = await endpoint((asked) => {
      left -= 1;
      if (left === 0) throw lost;
      return [asked].flat().map((call) => responseTo(call as Sent));
    });
    const failed = await Promise.allSettled(calls(3).map((call) => send(call, never)));
    expect(failed).toEqual(calls(3).map(() => ({ status: "rejected", reason: lost })));
    await Promise.all(calls(3).map((call) => send(call, never)));
    expect(sizes).toEqual([3, 3]);
  });

  it("asks by itself for what was refused with others, and for fewer at once, since it may only have been too much", async () => {
    const refusal = (call: Sent) => ({ id: call.id, error: { code: -32_003, message: "response too large" } });
    const { sizes, send } = await endpoint((asked) => {
      if (!Array.isArray(asked)) return responseTo(asked as Sent);
      return asked.map((call: Sent) => (call.id > 1 ? refusal(call) : responseTo(call)));
    });
    const round = () => Promise.all(calls(3).map((call) => send(call, never)));
    for (let turn = 0; turn < 4; turn += 1) expect(await round()).toEqual(calls(3).map(outcomeOf));
    expect(sizes).toEqual([3, 1, 1, 3, 1, 1, 2, 1, 1, 1, 1, 1]);
  });

  it("asks for fewer at once after an answer that did not come, so that what is too slow together is read all the same", async () => {
    const { sizes, send } = await endpoint((asked) => {
      if (Array.isArray(asked) && asked.length > 2) throw new DOMException("no answer in time", "TimeoutError");
      return each(asked);
    });
    const round = () => Promise.allSettled(calls(8).map((call) => send(call, never)));
    for (let turn = 0; turn < 3; turn += 1) await round();
    expect((await round()).every(({ status }) => status === "fulfilled")).toBe(true);
    expect(Math.max(...sizes.slice(-4))).toBe(2);
  });

  it("dares one more at once after a while, up to what the endpoint was seen to answer", async () => {
    let isAway = true;
    const { sizes, send } = await endpoint((asked) => {
      if (isAway) throw new Error("cut");
      return each(asked);
    });
    await Promise.allSettled(calls(8).map((call) => send(call, never)));
    isAway = false;
    for (let turn = 0; turn < 400; turn += 1) await Promise.all(calls(8).map((call) => send(call, never)));
    expect([sizes[0], sizes[1], Math.max(...sizes.slice(1)), sizes.at(-1)]).toEqual([8, 4, 8, 8]);
  });

  it("does not ask again for what nobody waits for", async () => {
    const { promise: refused, resolve: refuse } = Promise.withResolvers<void>();
    const { sizes, send } = await endpoint(async (asked) => {
      if (!Array.isArray(asked)) return responseTo(asked as Sent);
      await refused;
      return null;
    });
    const stop = new AbortController();
    const [first, second, third] = calls(3).map((call, index) => send(call, index === 0 ? stop.signal : never));
    await expect.poll(() => sizes).toEqual([3]);
    stop.abort("enough");
    await expect(first).rejects.toBe("enough");
    refuse();
    expect(await Promise.all([second, third])).toEqual(calls(3).slice(1).map(outcomeOf));
    expect(sizes).toEqual([3, 1, 1]);
  });

  it("says of all that one request let wait too long that it was the same fault", async () => {
    const { send } = await endpoint(() => new Promise(() => {}));
    const limits = [new AbortController(), new AbortController()] as const;
    const asked = limits.map(({ signal }, id) =>
      send({ id, method: "eth_getBlockByNumber", params: [], read }, signal).catch((error: unknown) => error),
    );
    await new Promise((resolve) => setTimeout(resolve, 1));
    for (const limit of limits) limit.abort(new DOMException("no answer in time", "TimeoutError"));
    const [first, second] = await Promise.all(asked);
    expect(first).toBe(second);
  });

  it("ends the request only when nobody waits for any of its answers", async () => {
    let ended = false;
    let isFirst = true;
    const exchange: Exchange = ({ read: readAll }, signal) =>
      new Promise((resolve, reject) => {
        if (isFirst) resolve({ value: readAll({ result: "0x1" }), bytes: BYTES });
        isFirst = false;
        signal.addEventListener("abort", () => {
          ended = true;
          reject(signal.reason);
        });
      });
    const { send, allow } = together({ exchange, isRefusal: () => false, clock: { nowMs: () => 0 } });
    allow(2);
    for (const call of calls(1)) await send(call, never);
    const stops = [new AbortController(), new AbortController()] as const;
    const asked = stops.map(({ signal }, id) => send({ id, method: "eth_getBlockByNumber", params: [], read }, signal));
    await new Promise((resolve) => setTimeout(resolve, 1));
    stops[0].abort("first");
    await expect(asked[0]).rejects.toBe("first");
    expect(ended).toBe(false);
    stops[1].abort("second");
    await expect(asked[1]).rejects.toBe("second");
    expect(ended).toBe(true);
  });
});

import { expect, it } from "vitest";
import { createMeter } from "#core/meter.ts";
import { type Member, probe, untried, verify } from "./member.ts";
import type { MethodTable, RpcRequest } from "./methods.ts";

type Method = "chain" | "extra";

const METHODS: MethodTable<Method> = {
  allowed: ["chain", "extra"],
  optional: { extra: [] },
  identity: { method: "chain", params: [], served: (result) => (typeof result === "string" ? result : undefined) },
};

/** An endpoint whose first answer comes when its asker gives up, and which answers at once from then on. */
function slowAtFirst(): { readonly member: Member<Method>; readonly asked: string[] } {
  const asked: string[] = [];
  const ask = async ({ method }: RpcRequest<Method>, signal: AbortSignal): Promise<unknown> => {
    asked.push(method);
    if (asked.length > 1) return "main";
    return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  return { member: untried({ provider: "rpc-1", ask, askBatch: async () => 0 }), asked };
}

const never = new AbortController().signal;

it("asks for the chain again on behalf of those who wait, when the one who asked gives up", async () => {
  const { member, asked } = slowAtFirst();
  const first = new AbortController();
  const options = { methods: METHODS, identity: { chainId: "main", genesis: undefined } };
  const [given, waited] = [verify(member, options, first.signal), verify(member, options, never)];
  first.abort("enough");
  await expect(given).rejects.toBe("enough");
  await waited;
  expect([member.verified, asked]).toEqual([true, ["chain", "chain"]]);
});

it("looks for a method again on behalf of those who wait, when the one who asked gives up", async () => {
  const { member, asked } = slowAtFirst();
  const first = new AbortController();
  const options = {
    methods: METHODS,
    meter: createMeter(),
    ask: (one: Member<Method>, request: RpcRequest<Method>, signal: AbortSignal) => one.endpoint.ask(request, signal),
  };
  const given = probe(member, "extra", { ...options, signal: first.signal });
  const waited = [probe(member, "extra", { ...options, signal: never }), probe(member, "extra", { ...options, signal: never })];
  first.abort("enough");
  await expect(given).rejects.toBe("enough");
  expect(await Promise.all(waited)).toEqual([true, true]);
  expect(asked).toEqual(["chain", "chain", "extra"]);
});

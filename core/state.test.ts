import fc from "fast-check";
import { expect, test } from "vitest";
import { State } from "#core/state.ts";

test("revert takes back exactly what changed since the last settle", () => {
  const seed = Number(process.env["OFFING_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`state property seed ${seed}\n`);
  const step = fc.oneof(
    fc.record({ do: fc.constant("set" as const), key: fc.constantFrom("a", "b", "c"), value: fc.integer() }),
    fc.record({ do: fc.constant("delete" as const), key: fc.constantFrom("a", "b", "c"), value: fc.constant(0) }),
    fc.record({ do: fc.constantFrom("settle" as const, "revert" as const), key: fc.constant(""), value: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const state = new State();
      let settled = new Map<string, number>();
      let model = new Map<string, number>();
      for (const { do: verb, key, value } of steps) {
        if (verb === "set") {
          state.set("k", key, value);
          model.set(key, value);
        } else if (verb === "delete") {
          state.delete("k", key);
          model.delete(key);
        } else if (verb === "settle") {
          for (const change of state.changes()) expect(change.value).toEqual(model.get(change.key));
          state.settle();
          settled = new Map(model);
        } else {
          state.revert();
          model = new Map(settled);
        }
        expect(new Map(state.entries("k") as Iterable<[string, number]>)).toEqual(model);
      }
    }),
    { seed },
  );
});

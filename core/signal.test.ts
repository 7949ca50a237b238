import { expect, test } from "vitest";
import { span } from "#core/signal.ts";

test("a span whose name ends in a key is called after that attribute", () => {
  const command = span<{ readonly command: string }>("command.{command}", "internal");
  const place = { traceId: "a", spanId: "b", startMs: 1, endMs: 2 };
  expect(command.span(place, { command: "publish" })).toMatchObject({ name: "command.publish", kind: "internal" });
  expect(span<{ readonly command: string }>("command.run", "internal").span(place, { command: "publish" }).name).toBe("command.run");
});

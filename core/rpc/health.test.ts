import { describe, expect, it } from "vitest";
import { afterAnswer, afterFault, fenceOf, parseRetryAfter, UNTRIED } from "./health.ts";

const blow = { nowMs: 1_000, isAway: true, retryAfterMs: undefined };

describe("the health of an endpoint", () => {
  it("opens its circuit after five faults in a row, longer with each further one, and closes it with an answer", () => {
    let health = UNTRIED;
    for (let times = 0; times < 4; times += 1) health = afterFault(health, blow);
    expect(fenceOf(health, { nowMs: 1_000, isBehind: false })).toBeNull();
    health = afterFault(health, blow);
    expect(fenceOf(health, { nowMs: 1_000, isBehind: false })).toBe("resting");
    const firstRestMs = health.restUntilMs;
    expect(afterFault(health, { ...blow, nowMs: firstRestMs - 1 })).toMatchObject({ failuresInARow: 5, restUntilMs: firstRestMs });
    health = afterFault(health, { ...blow, nowMs: firstRestMs });
    expect(health.restUntilMs - firstRestMs).toBeGreaterThan(firstRestMs - 1_000);
    health = afterAnswer(health, { latencyMs: 10, nowMs: 90_000 });
    expect(fenceOf(health, { nowMs: 90_000, isBehind: false })).toBeNull();
  });

  it("rests as long as it asks, and not for faults that say nothing of its reach", () => {
    const asked = afterFault(UNTRIED, { ...blow, retryAfterMs: 7_000 });
    expect(fenceOf(asked, { nowMs: 7_999, isBehind: false })).toBe("resting");
    expect(fenceOf(asked, { nowMs: 8_000, isBehind: false })).toBeNull();
    let wrong = UNTRIED;
    for (let times = 0; times < 20; times += 1) wrong = afterFault(wrong, { ...blow, isAway: false });
    expect(wrong.restUntilMs).toBeLessThanOrEqual(1_000);
    expect(wrong.errorRatio).toBeGreaterThan(0.9);
  });

  it.each([
    [undefined, undefined],
    ["3", 3_000],
    ["0", 0],
    ["Thu, 01 Jan 1970 00:01:00 GMT", 59_000],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["soon", undefined],
  ])("reads Retry-After: %s", (text, ms) => expect(parseRetryAfter(text, 1_000)).toBe(ms));
});

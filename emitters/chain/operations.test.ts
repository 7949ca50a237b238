import { describe, expect, it } from "vitest";
import { State } from "#core/state.ts";
import type { ConfigChangeFact, OperationFact } from "./facts.ts";
import { BUYBACK, CONFIG, frame, MISSING, ROUTER, reverted, STRANGER, transaction, VAULT } from "./fixtures/handmade.ts";
import { ODD_ROWS, type OddRow } from "./fixtures/odd-rows.ts";
import { readRecorded } from "./fixtures/recorded.ts";
import { createInterpret } from "./interpret.ts";
import type { Frame } from "./observation.ts";
import { operationsOf } from "./operations.ts";
import { watchOf } from "./watch.ts";

const { config, cases, batches } = readRecorded("odd");
const watch = watchOf(config);
const interpret = createInterpret(watch);
const state = new State();
const facts = batches.flat().flatMap(({ observation }) => interpret(state, observation));
const [psm, vault] = config.contracts;

function operations(name: string): readonly OperationFact[] {
  return facts.filter((fact): fact is OperationFact => fact.kind === "operation" && fact.txHash === cases[name]);
}

describe("operationsOf, on what anvil did", () => {
  const missing = "PSM_ORACLE_MISSING";
  it("is asked about every transaction of the fixture", () => expect(Object.keys(cases).sort()).toEqual(Object.keys(ODD_ROWS).sort()));

  it.each(Object.entries(ODD_ROWS))("%s", (name, rows) => {
    const found = operations(name).map((fact): OddRow => {
      const { contract, actionType, framePath, outcome, success, callerCategory, evidence, reasonCode } = fact;
      return [contract, actionType, framePath, outcome, success, callerCategory, evidence, reasonCode];
    });
    expect(found).toEqual(rows);
  });

  it.each([
    ["custom error with arguments", { kind: "custom_error", error: "Short", args: ["7", (2n ** 256n - 1n).toString()], bytes: 68 }, false],
    ["error text", { kind: "error_string", error: "Error", message: missing }, false],
    ["panic", { kind: "panic", error: "Panic", message: "0x01" }, false],
    ["empty revert", { kind: "empty", error: null, data: null, bytes: 0, halt: null }, false],
    ["out of gas", { kind: "out_of_gas", error: null, data: null, bytes: 0, halt: "out of gas" }, false],
    ["invalid opcode", { kind: "halted", error: null, halt: expect.stringContaining("invalid opcode") }, false],
    ["unlisted error", { kind: "unreadable", error: null, data: expect.stringMatching(/^0x[0-9a-f]{72}$/), bytes: 36 }, true],
    ["three bytes", { error: null, data: "0xabcdef", bytes: 3 }, true],
    ["text with control characters", { message: "tab\uFFFDhere, bell\uFFFD, right-to-left \uFFFDend" }, false],
    ["ten thousand bytes of text", { kind: "error_string", bytes: 10_084, message: `${"\uFFFD".repeat(255)}…` }, false],
    ["text that is no UTF-8", { kind: "error_string", message: expect.stringMatching(/^PSM_\uFFFDORACLE[^\p{Cc}]*$/u) }, false],
    ["stranger wrapped", { spoofedBy: expect.stringMatching(/^0x/) }, false],
    ["creation inside fails", { spoofedBy: "unknown", origin: null }, false],
    ["stranger bubbles", { error: missing, spoofedBy: expect.stringMatching(/^0x[0-9a-f]{40}$/) }, false],
    ["borrowed code", { error: missing, spoofedBy: null, origin: psm?.address }, false],
    ["proxy required", { origin: vault?.address }, false],
  ])("tells of %s", (name, revert, unresolved) => {
    expect(operations(name)).toMatchObject([{ revert, unresolved }]);
  });

  it("cuts revert bytes at 1,024 and says how many there were", () => {
    const [found] = operations("two thousand bytes");
    expect(found?.revert?.data).toHaveLength(2 + 2 * 1_024);
    expect(found?.revert?.bytes).toBe(2_000);
  });

  it("tells of changes of configuration, also those of a constructor's call", () => {
    const changes = facts.filter((fact): fact is ConfigChangeFact => fact.kind === "config_change");
    expect(changes.map(({ txHash }) => txHash)).toEqual([cases["change of configuration"], cases["creation calls"]]);
    expect(changes[0]).toMatchObject({
      module: "PSM",
      address: psm?.address,
      change: expect.stringMatching(/^OracleChanged\(previous=0x[0-9a-f]{40}, next=0x[0-9a-f]{40}\)$/),
      params: { previous: psm?.registered[0], next: expect.stringMatching(/^0x/) },
    });
  });
});

describe("operationsOf without a trace of the bytes", () => {
  const handmade = watchOf(CONFIG);

  it("knows of a failed direct call only that it failed", () => {
    const [found, ...others] = operationsOf({ ...transaction(reverted(MISSING)), trace: null }, handmade);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      outcome: "reverted",
      success: false,
      evidence: "status",
      confidence: "none",
      reasonCode: null,
      unresolved: true,
    });
    expect(found?.oracleRequiredBlocked).toBe(false);
  });

  const missing = "PSM_ORACLE_MISSING";
  it.each([
    ["simulation", "likely"],
    ["node", "likely"],
    ["call", "approximate"],
  ] as const)("takes the reason of a direct call from its root's bytes, by %s", (by, confidence) => {
    const seen = { ...transaction(reverted(MISSING)), trace: null, revert: { by, data: MISSING, halt: null } };
    const [found, ...others] = operationsOf(seen, handmade);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ outcome: "blocked", evidence: by, confidence, reasonCode: missing, oracleRequiredBlocked: true });
    expect(found?.revert).toMatchObject({ kind: "custom_error", origin: null, spoofedBy: null, written: [{ by: null, data: MISSING }] });
  });

  it("takes no reason that is another contract's: nobody saw who wrote it", () => {
    const root = reverted(MISSING, { to: VAULT, selector: BUYBACK });
    const [found] = operationsOf({ ...transaction(root), trace: null, revert: { by: "node", data: MISSING, halt: null } }, handmade);
    expect(found).toMatchObject({ outcome: "reverted", reasonCode: null, revert: { error: missing, spoofedBy: "unknown" } });
  });

  it("tells an end of gas and a revert without bytes apart", () => {
    const seen = (halt: string | null) =>
      operationsOf({ ...transaction(reverted("0x")), trace: null, revert: { by: "node", data: "0x", halt } }, handmade);
    expect(seen("out of gas")).toMatchObject([{ unresolved: false, revert: { kind: "out_of_gas", halt: "out of gas" } }]);
    expect(seen(null)).toMatchObject([{ unresolved: false, revert: { kind: "empty", halt: null } }]);
  });

  it("tells a frame that its tracer keeps silent by the root's bytes, and an inner one not at all", () => {
    const silent = reverted("0x", { output: null });
    const revert = { by: "node", data: MISSING, halt: null } as const;
    expect(operationsOf({ ...transaction(silent), revert }, handmade)).toMatchObject([{ evidence: "node", reasonCode: missing }]);
    const inner = frame({ to: ROUTER, error: "execution reverted", output: null, calls: [silent] });
    expect(operationsOf({ ...transaction(inner), revert }, handmade)).toMatchObject([
      { evidence: "trace", reasonCode: null, unresolved: true, revert: { kind: "unseen" } },
    ]);
  });

  it("says of a call whether an account, a contract or a router made it, and of what nobody signed that it is not known", () => {
    const inner = frame({ to: ROUTER, calls: [frame({ from: ROUTER })] });
    const callers = (root: Frame, unsigned: boolean) =>
      operationsOf({ ...transaction(root), ...(unsigned && { unsigned }) }, handmade).map(({ callerCategory }) => callerCategory);
    expect([false, true].map((unsigned) => callers(frame(), unsigned))).toEqual([["eoa"], ["unknown"]]);
    expect(callers(inner, true)).toEqual(["whitelisted_route"]);
    expect(callers(frame({ to: STRANGER, calls: [frame({ from: STRANGER })] }), true)).toEqual(["contract"]);
  });

  it("counts nothing for a failure that was sent elsewhere", () => {
    const elsewhere = frame({ to: null, type: "CREATE", error: "execution reverted" });
    expect(operationsOf({ ...transaction(elsewhere), trace: null }, handmade)).toEqual([]);
  });
});

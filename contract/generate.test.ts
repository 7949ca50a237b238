import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ContractJson, contractJson } from "./emit-json.ts";
import { checkGenerated, generate, renderFiles } from "./generate.ts";
import { readContract } from "./schema.ts";
import { checkoutOf } from "./testing/registry.ts";
import { SAMPLE } from "./testing/sample.ts";

const ROOT = join(import.meta.dirname, "..");

function rendered(path: string, files = SAMPLE): string {
  using checkout = checkoutOf(files);
  return renderFiles(readContract(checkout)).get(path) ?? "";
}

test("the same contract gives the same bytes, whatever the order of its entries", () => {
  using checkout = checkoutOf(SAMPLE);
  const files = renderFiles(readContract(checkout));
  expect([...renderFiles(readContract(checkout))]).toEqual([...files]);
  const [head = "", metrics = ""] = (SAMPLE["chain.yaml"] ?? "").split("metrics:\n");
  const [list = "", rest = ""] = metrics.split("spans:\n");
  const turned = list
    .split(/^(?= {2}- )/mu)
    .reverse()
    .join("");
  expect(turned).not.toBe(list);
  checkout.write("contract/chain.yaml", `${head}metrics:\n${turned}spans:\n${rest}`);
  expect([...renderFiles(readContract(checkout))]).toEqual([...files]);
});

test("writes every file once and then nothing", () => {
  using checkout = checkoutOf(SAMPLE);
  const written = generate(checkout);
  expect(written).toEqual([
    "contract/generated/allowed-keys.ts",
    "contract/generated/allowed-keys.yaml",
    "contract/generated/chain.ts",
    "contract/generated/contract.json",
    "contract/generated/errors.ts",
    "contract/generated/shared.ts",
    "docs/reference/errors.md",
    "docs/reference/telemetry-chain.md",
    "docs/reference/telemetry-shared.md",
  ]);
  expect(generate(checkout)).toEqual([]);
  for (const path of written)
    expect(readFileSync(join(checkout.root, path), "utf8")).toContain("DO NOT EDIT: run `./offing contract generate`");
});

test("constants carry the contract's names, labels and closed sets", () => {
  const chain = rendered("contract/generated/chain.ts");
  expect(chain).toContain('export type ReasonCode = "MISSING" | "UNHEALTHY";');
  expect(chain).toContain('export const REASON_CODES: readonly ReasonCode[] = ["MISSING", "UNHEALTHY"];');
  expect(chain).toContain("export const oracleRequiredFailures: Counter<OracleRequiredFailuresLabels> =");
  expect(chain).toContain("export const lag: Gauge<LagLabels> =");
  expect(chain).toContain("closed: { reason_code: REASON_CODES },");
  expect(chain).toContain(
    'export const operationSpan: SpanDefinition<OperationSpanAttributes> = span<OperationSpanAttributes>("chain.operation", "internal");',
  );
  expect(chain).toContain('event<OperationRetractedEventAttributes>("offing.chain.operation.retracted", "warn");');
  expect(chain).toContain('  readonly "offing.fact.id": string;\n  readonly reason_code?: ReasonCode | undefined;');
  expect(chain).toContain("  readonly signal?: Signal | undefined;");
  expect(chain).toContain('import { type Signal } from "#contract/generated/shared.ts";');
  expect(chain).toContain("export const CHAIN_LEDGER_METRICS: readonly MetricDefinition[] = [oracleRequiredFailures];");
  expect(rendered("contract/generated/shared.ts")).toContain("export const SHARED_LEDGER_METRICS: readonly MetricDefinition[] = [];");
});

test("contract.json holds both sides of every name", () => {
  const json = JSON.parse(rendered("contract/generated/contract.json")) as ContractJson;
  expect(json.metrics.find(({ name }) => name === "oracle.required.failures")).toMatchObject({
    prometheus: { name: "oracle_required_failures_total", series: ["oracle_required_failures_total"] },
    labels: [{ key: "reason_code", prometheus: "reason_code", values: ["MISSING", "UNHEALTHY"] }],
    resource: "ledger",
    siblings: [
      { role: "late", name: "oracle.required.failures.late", prometheus: "oracle_required_failures_late_total" },
      { role: "retracted", name: "oracle.required.failures.retracted", prometheus: "oracle_required_failures_retracted_total" },
    ],
  });
  const wait = json.metrics.find(({ name }) => name === "offing.queue.wait");
  expect(wait?.buckets).toEqual([0.1, 1]);
  expect(wait?.prometheus.series).toContain("offing_queue_wait_seconds_bucket");
  expect(json.errors.map(({ code }) => code)).toEqual(["CONFIG_INVALID", "DISK_FULL"]);
});

test("the reference names siblings, values and the select", () => {
  const page = rendered("docs/reference/telemetry-chain.md");
  expect(page).toContain("| Sibling, retracted | `oracle_required_failures_retracted_total` (`oracle.required.failures.retracted`) |");
  expect(page).toContain("| Label `reason_code` | `MISSING`, `UNHEALTHY` |");
  expect(page).toContain("SELECT reason_code, count(*) AS value FROM log");
});

test.for(["contract/generated/chain.ts", "docs/reference/errors.md"])("a missing %s is drift", (path) => {
  using checkout = checkoutOf(SAMPLE);
  generate(checkout);
  rmSync(join(checkout.root, path));
  expect(() => checkGenerated(checkout)).toThrow(expect.objectContaining({ code: "CONTRACT_DRIFT" }));
});

test("drift names each file and the command, and generating ends it", () => {
  using checkout = checkoutOf(SAMPLE);
  generate(checkout);
  expect(checkGenerated(checkout)).toEqual(readContract(checkout));
  checkout.write("contract/generated/chain.ts", "// Generated from contract/chain.yaml. Changed by hand.\n");
  checkout.write("contract/generated/funding.ts", "// Generated from contract/funding.yaml. Left over.\n");
  checkout.write("docs/reference/own-words.md", "# Not generated\n");
  const error = catchError(() => checkGenerated(checkout));
  expect(error).toMatchObject({ code: "CONTRACT_DRIFT", context: { files: 2, command: "./offing contract generate" } });
  expect(error.message.split("\n  ").slice(1)).toEqual(["contract/generated/chain.ts", "contract/generated/funding.ts"]);
  expect(generate(checkout)).toEqual(["contract/generated/chain.ts", "contract/generated/funding.ts"]);
  checkGenerated(checkout);
  expect(readFileSync(join(checkout.root, "docs/reference/own-words.md"), "utf8")).toBe("# Not generated\n");
});

test("a deprecated name stays and says so everywhere", () => {
  const chain = (SAMPLE["chain.yaml"] ?? "").replace(
    "    brief: Blocks behind.",
    "    brief: Blocks behind.\n    deprecated: { reason: obsoleted, note: Nobody reads it. }",
  );
  const files = { ...SAMPLE, "chain.yaml": chain };
  expect(rendered("contract/generated/chain.ts", files)).toContain(" * @deprecated Nobody reads it.");
  expect(rendered("docs/reference/telemetry-chain.md", files)).toContain("**Deprecated.** Nobody reads it. Blocks behind.");
});

test("this checkout's contract holds every name of seed 000 to the letter", () => {
  const { metrics } = contractJson(readContract({ root: ROOT }));
  const failures = metrics.find(({ prometheus }) => prometheus.name === "oracle_required_failures_total");
  expect(failures?.labels.map(({ prometheus }) => prometheus)).toEqual(["contract", "action_type", "reason_code"]);
  const valuesOf = (label: string): readonly string[] => failures?.labels.find(({ key }) => key === label)?.values ?? [];
  expect(valuesOf("contract")).toEqual(expect.arrayContaining(["PSM", "BUYBACK_VAULT"]));
  expect(valuesOf("action_type")).toEqual(expect.arrayContaining(["PSM_MINT", "PSM_REDEEM", "BUYBACK_EXECUTE"]));
  expect(valuesOf("reason_code")).toEqual(
    expect.arrayContaining(["PSM_ORACLE_MISSING", "BUYBACK_ORACLE_REQUIRED", "BUYBACK_ORACLE_UNHEALTHY"]),
  );
});

test("this checkout's generated files are those of its contract", () => {
  expect(checkGenerated({ root: ROOT }).domains.map(({ name }) => name)).toEqual(expect.arrayContaining(["shared", "chain"]));
});

function catchError(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}

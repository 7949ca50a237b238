import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contractCommand } from "./cli.ts";
import { RELEASED_PATH } from "./diff.ts";
import { checkoutOf, type TemporaryCheckout } from "./testing/registry.ts";
import { SAMPLE } from "./testing/sample.ts";

async function run({ root }: TemporaryCheckout, ...args: readonly string[]): Promise<string> {
  const written: string[] = [];
  await contractCommand({ root, write: (text) => written.push(text) }).parseAsync(args, { from: "user" });
  return written.join("");
}

async function released(): Promise<TemporaryCheckout> {
  const checkout = checkoutOf(SAMPLE);
  await run(checkout, "generate");
  checkout.write(RELEASED_PATH, readFileSync(join(checkout.root, "contract/generated/contract.json"), "utf8"));
  return checkout;
}

test("check says one line when all is well", async () => {
  using checkout = await released();
  expect(await run(checkout, "check")).toBe("contract: 3 metrics, 1 spans, 1 events, 4 attributes, 2 error codes, ok\n");
});

test.for([
  ["CONTRACT_INVALID", "contract/chain.yaml", (text: string) => text.replace("instrument: gauge", "instrument: dial")],
  ["CONTRACT_DRIFT", "contract/chain.yaml", (text: string) => text.replace("Blocks behind.", "Blocks behind the head.")],
  ["CONTRACT_BREAKING", RELEASED_PATH, (text: string) => text.replaceAll("offing.chain.lag", "offing.chain.gone")],
] as const)("check fails with %s", async ([code, path, change]) => {
  using checkout = await released();
  checkout.write(path, change(readFileSync(join(checkout.root, path), "utf8")));
  await expect(run(checkout, "check")).rejects.toMatchObject({ code });
});

test("generate names what it wrote, and a release is refused while it would break the last one", async () => {
  using checkout = await released();
  expect(await run(checkout, "generate")).toBe("contract: generated files are up to date\n");
  checkout.write("contract/chain.yaml", (SAMPLE["chain.yaml"] ?? "").replace("Blocks behind.", "Blocks behind the head."));
  expect(await run(checkout, "generate", "--release")).toContain("contract: wrote docs/reference/telemetry-chain.md\n");
  expect(readFileSync(join(checkout.root, RELEASED_PATH), "utf8")).toContain("Blocks behind the head.");
  checkout.write("contract/errors.yaml", (SAMPLE["errors.yaml"] ?? "").replace(/^ {8}- \{ id: disk_full.*\n/mu, ""));
  await expect(run(checkout, "generate", "--release")).rejects.toMatchObject({ code: "CONTRACT_BREAKING" });
  expect(readFileSync(join(checkout.root, RELEASED_PATH), "utf8")).toContain("DISK_FULL");
});

test("docs lists every Prometheus name, and the contract as JSON", async () => {
  using checkout = await released();
  const table = await run(checkout, "docs");
  for (const name of ["oracle_required_failures_total", "oracle_required_failures_late_total", "offing_queue_wait_seconds"])
    expect(table).toContain(name);
  expect(table).toContain("docs/reference/telemetry-chain.md");
  expect(await run(checkout, "docs", "--json")).toBe(readFileSync(join(checkout.root, "contract/generated/contract.json"), "utf8"));
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hash, Hex } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { queryPrometheus } from "#core/backends.ts";
import { openLedger } from "#core/ledger/open.ts";
import type { ReconcileReport } from "#core/reconcile.ts";
import { setUpChain } from "../commands/chain-setup.ts";
import { reconcileChain } from "../commands/reconcile.ts";
import { ODD_ROWS } from "../emitters/chain/fixtures/odd-rows.ts";
import { deployOdd, type OddWorld } from "../emitters/chain/fixtures/odd-world.ts";
import { type Stack, startStack } from "../stack/start.ts";
import { type EmitterProcess, startEmitter } from "./emitter-process.ts";
import { type Anvil, startAnvil } from "./world/anvil.ts";
import { quantity, type Rpc, type RpcBlock } from "./world/rpc.ts";
import { type WrittenSpan, writtenSpans } from "./written-spans.ts";

/** A block of the chain, by the names of its transactions. */
interface Booked {
  readonly number: number;
  readonly hash: Hash;
  readonly names: readonly string[];
  readonly transactions: readonly Hash[];
}

type Row = Readonly<Record<string, string | number | boolean | null>>;

const BASE_FEE = quantity(10 ** 9);

let folder: string;
let stack: Stack;
let anvil: Anvil;
let rpc: Rpc;
let odd: OddWorld;
let emitter: EmitterProcess;
let config: string;
/** What stands on the chain, oldest first; what left it. */
let chain: Booked[];
const gone: Booked[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "offing-scenes-"));
  [stack, anvil] = await Promise.all([
    startStack({ directory: join(folder, "stack"), ports: "free" }),
    startAnvil({ folder: join(folder, "anvil") }),
  ]);
  rpc = anvil.rpc;
  odd = await deployOdd(rpc);
  const { cases, number, hash } = await odd.everything();
  chain = [{ number, hash, names: Object.keys(cases), transactions: Object.values(cases) }];
  config = join(folder, "offing.yaml");
  const { collector, prometheus, loki } = stack.endpoints;
  const sections = {
    ledger: { sqlite: "ledger.db" },
    collector: { url: collector, interval: "500ms" },
    http: { listen: "127.0.0.1:0" },
    backends: { prometheus, loki },
    chain: odd.section(anvil.url, number),
  };
  writeFileSync(config, stringify(sections));
  emitter = await startEmitter({ domain: "chain", config, logFile: join(folder, "chain.log") });
});
afterAll(async () => {
  await emitter?.stop();
  await stack?.stop();
  await anvil?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("bubbled, wrapped, swallowed, proxied, flapping inside one block, of a failed creation: each is a row of its own", async () => {
  await untilRead();
  await expectRows();
});

test("a reorg of one block and one of 64 take back what was on them", async () => {
  await mine(["custom error", "direct success"]);
  await replace(1, [["custom error", "router swallows"]]);
  await expectRows();
  await mine(["router calls many"]);
  for (let count = 1; count < 64; count += 1) await mine(count === 63 ? ["proxy required"] : []);
  await replace(64, [[], ["proxy unhealthy"], ["out of gas", "failed creation"]]);
  await expectRows();
});

test("a rollback takes nothing back until another branch grows past it", async () => {
  await mine(["proxy unhealthy"]);
  await mine(["router passes on"]);
  await untilRead();
  await rpc("anvil_rollback", 2);
  gone.push(...chain.splice(-2));
  await mine(["custom error"]);
  await mine([]);
  await mine(["router succeeds"]);
  await untilRead();
  await expectRows();
});

test("a block that leaves and comes back the same to the byte (A, B, A) counts once, as its second application", async () => {
  const names = ["custom error", "router swallows"];
  const atSeconds = Number((await head()).timestamp) + 12;
  let fork = await rpc("evm_snapshot");
  const first = await mineAt(atSeconds, names);
  const raw: Hex[] = [];
  for (const hash of first.transactions) raw.push(await rpc("debug_getRawTransaction", hash));
  await untilRead();
  await rpc("evm_revert", fork);
  fork = await rpc("evm_snapshot");
  gone.push(...chain.splice(-1));
  await mineAt(atSeconds, ["proxy unhealthy"]);
  await untilRead();
  await rpc("evm_revert", fork);
  gone.push(...chain.splice(-1));
  const again = await mineAt(atSeconds, names, raw);
  expect(again.hash).toBe(first.hash);
  await untilRead();
  const rows = await expectRows();
  expect(rows.filter((row) => row["block_hash"] === first.hash).map((row) => row["application"])).toEqual([2, 2]);
});

test("each operation that ever was is a span with its row's words, one trace a transaction in its block", async () => {
  const { tracesFile } = stack.endpoints;
  // Where there is a Tempo the Collector writes no file, and the totals' test asks Tempo by id.
  if (tracesFile === null) return;
  const rows = await select("SELECT * FROM oracle_required_operation_log ORDER BY seq");
  await expect.poll(() => spansOf(tracesFile), { timeout: 60_000, interval: 500 }).toHaveLength(rows.length);
  const spans = spansOf(tracesFile);
  const byFact = new Map(spans.map((span) => [span.attributes["offing.fact.id"], span]));
  for (const row of rows) {
    const span = byFact.get(String(row["fact_id"]));
    const { reason_code: reason, ...labels } = row;
    const told = Object.fromEntries(
      ["contract", "action_type", "outcome", "caller_category", "evidence", "confidence"].map((key) => [key, labels[key]]),
    );
    expect(span?.attributes).toMatchObject({
      ...told,
      ...(reason !== null && { reason_code: reason }),
      "evm.tx.hash": row["tx_hash"],
      "evm.block.hash": row["block_hash"],
      "evm.frame.path": row["frame_path"],
    });
    expect("reason_code" in (span?.attributes ?? {})).toBe(reason !== null);
    expect(span?.failed, `${row["outcome"]}`).toBe(row["outcome"] === "blocked" || row["outcome"] === "reverted");
  }
  const traces = new Map(rows.map((row) => [byFact.get(String(row["fact_id"]))?.traceId, `${row["tx_hash"]} ${row["block_hash"]}`]));
  expect(traces.size).toBe(new Set(rows.map((row) => `${row["tx_hash"]} ${row["block_hash"]}`)).size);
});

test("every total is the world's, in the ledger, in Prometheus and in Loki", async () => {
  // Numbers are compared at the projector's cursor: it must have come to what was read last.
  await expect.poll(async () => (await emitter.state()).projector.lag, { timeout: 60_000, interval: 50 }).toBe(0);
  const report = await reconcileChain({ config, set: [] }, 90_000);
  expect(report.rows.filter((row) => !row.equal)).toEqual([]);
  expect(report).toMatchObject({ equal: true, missingLogCount: 0, faults: [] });
  const [depths] = await queryPrometheus(stack.endpoints.prometheus, "offing_chain_reorg_depth_sum");
  expect(depths?.value).toBe(1 + 64 + 2 + 1 + 1);
  const rows = chain.flatMap(({ names }) => names.flatMap((name) => ODD_ROWS[name] ?? []));
  const failures = rows.filter(([, , , outcome, , , , reason]) => reason !== null && (outcome === "blocked" || outcome === "caught"));
  expect(totals(report, "oracle.required.failures", ["contract", "action_type", "reason_code"])).toEqual(
    counted(failures.map(([contract, action, , , , , , reason]) => `${contract} ${action} ${reason}`)),
  );
  expect(totals(report, "offing.chain.operations", ["contract", "action_type", "outcome", "caller_category"])).toEqual(
    counted(rows.map(([contract, action, , outcome, , caller]) => `${contract} ${action} ${outcome} ${caller}`)),
  );
});

/** Mines what these names stand for, and writes it into the books. */
async function mine(names: readonly string[]): Promise<Booked> {
  for (const name of names) await rpc("eth_sendTransaction", odd.request(name));
  await rpc("evm_mine");
  return book(await head(), names);
}

/** The same at a time and a price that can be repeated: then the block's hash repeats too. */
async function mineAt(atSeconds: number, names: readonly string[], raw: readonly Hex[] = []): Promise<Booked> {
  for (const transaction of raw) await rpc("eth_sendRawTransaction", transaction);
  for (const name of raw.length === 0 ? names : []) await rpc("eth_sendTransaction", odd.request(name));
  await rpc("anvil_setNextBlockBaseFeePerGas", BASE_FEE);
  await rpc("evm_setNextBlockTimestamp", quantity(atSeconds));
  await rpc("evm_mine");
  return book(await head(), names);
}

/** Lets the newest blocks be read, and then others take their place. */
async function replace(depth: number, blocks: readonly (readonly string[])[]): Promise<void> {
  await untilRead();
  const fork = Number((await head()).number) - depth;
  const { from } = odd.request("custom error");
  let nonce = Number(await rpc("eth_getTransactionCount", from, quantity(fork)));
  const transactions = blocks.flatMap((names, offset) =>
    names.map((name) => [{ ...odd.request(name), nonce: quantity(nonce++) }, offset] as const),
  );
  await rpc("anvil_reorg", depth, transactions);
  gone.push(...chain.splice(-depth));
  for (let offset = 0; offset < depth; offset += 1) {
    const block = await rpc("eth_getBlockByNumber", quantity(fork + 1 + offset), true);
    if (block !== null) book(block, blocks[offset] ?? []);
  }
  await untilRead();
}

function book(block: RpcBlock, names: readonly string[]): Booked {
  const booked = { number: Number(block.number), hash: block.hash, names, transactions: block.transactions.map(({ hash }) => hash) };
  expect(booked.transactions).toHaveLength(names.length);
  chain.push(booked);
  return booked;
}

async function head(): Promise<RpcBlock> {
  const block = await rpc("eth_getBlockByNumber", "latest", true);
  if (block === null) throw new TypeError("anvil has no head");
  return block;
}

/** Waits until the ledger stands on the chain's newest block. */
async function untilRead(): Promise<void> {
  const { hash } = chain.at(-1) ?? {};
  await expect.poll(async () => (await emitter.state()).cursors, { timeout: 60_000, interval: 50 }).toMatchObject({ blocks: { hash } });
}

/** The rows that stand must be those of what stands on the chain, in order, and each other row must be orphaned. */
async function expectRows(): Promise<readonly Row[]> {
  const rows = await select("SELECT * FROM oracle_required_operations ORDER BY block_number, seq");
  const found = rows.map((row) => [
    row["block_hash"],
    row["tx_hash"],
    ...["contract", "action_type", "frame_path", "outcome", "success", "caller_category", "evidence", "reason_code"].map((key) => row[key]),
    row["confidence"],
  ]);
  const wanted = chain.flatMap(({ hash, names, transactions }) =>
    names.flatMap((name, index) => (ODD_ROWS[name] ?? []).map((row) => [hash, transactions[index], ...row, "exact"])),
  );
  expect(found).toEqual(wanted);
  const orphaned = await select("SELECT count(*) AS count FROM oracle_required_finality WHERE finality = 'orphaned'");
  const lost = gone.flatMap(({ names }) => names.flatMap((name) => ODD_ROWS[name] ?? []));
  expect(orphaned).toEqual([{ count: lost.length }]);
  return rows;
}

async function select(sql: string): Promise<readonly Row[]> {
  const { emitter: own, run } = setUpChain({ config, set: [] });
  const ledger = await openLedger({ location: run.location, domain: "chain", mode: "read", records: own.records, nowMs: Date.now });
  try {
    return await ledger.select(sql, await ledger.head());
  } finally {
    await ledger.close();
  }
}

function spansOf(file: string): readonly WrittenSpan[] {
  return writtenSpans(file, "offing-chain").filter(({ name }) => name === "chain.operation");
}

/** What the ledger's totals come to by these labels; what is 0 is left out. */
function totals(report: ReconcileReport, metric: string, labels: readonly string[]): Readonly<Record<string, number>> {
  const own = report.rows.filter((row) => row.metric === metric && row.ledger > 0);
  return Object.fromEntries(own.map((row) => [labels.map((label) => row.labels[label]).join(" "), row.ledger]));
}

function counted(keys: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "#core/clock.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import { logsOf, spansOf } from "./library/testing/received.ts";
import { countsIn, type WholeRun, wholeRun } from "./testing/whole-run.ts";

let receiver: OtlpReceiver;
let folder: string;
let run: WholeRun | undefined;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
  folder = mkdtempSync(join(tmpdir(), "offing-node-inputs-"));
});
afterEach(async () => {
  await run?.stop();
  run = undefined;
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const location = () => ({ sqlite: join(folder, "node.db") });
const publish = (status: string) => `node.command${JSON.stringify({ command: "publish", status })}`;

/** A closed span as Rust's tracing writes it. */
function closed(command: string, n = 0): string {
  const span = { command, name: `command.${command}`, operation_id: `${command}-${n}` };
  const took = { message: "close", "time.busy": "2ms", "time.idle": "1ms" };
  return JSON.stringify({ timestamp: "2026-11-27T07:00:00.000000Z", level: "INFO", fields: took, target: "node", span, spans: [span] });
}

const lines = (count: number, command = "publish") => Array.from({ length: count }, (_, n) => `${closed(command, n)}\n`).join("");

/** Waits until the receiver has so many spans of different ids. */
async function spansArrived(count: number): Promise<void> {
  await expect.poll(() => new Set(spansOf(receiver).map(({ spanId }) => spanId)).size, { timeout: 20_000, interval: 50 }).toBe(count);
}

/** Only a machine with systemd has the real one, and a pretended one would prove nothing. */
const hasJournalctl = (() => {
  try {
    return execFileSync("journalctl", ["--version"]).length > 0;
  } catch {
    process.stderr.write("skipped: the real journal, because there is no journalctl on this machine\n");
    return false;
  }
})();

function startJournal() {
  const journal = join(folder, "journal");
  mkdirSync(journal);
  return {
    place: (name: string) => {
      const packed = readFileSync(new URL(`./fixtures/${name}.journal.br`, import.meta.url));
      writeFileSync(join(journal, `${name}.journal`), brotliDecompressSync(packed));
    },
    vacuum: (name: string) => rmSync(join(journal, `${name}.journal`)),
    begin: (units = ["node.service"], clock = systemClock) =>
      wholeRun({
        clock,
        location: location(),
        collector: receiver.url,
        inputs: [{ type: "journald", units, identifiers: [], folder: journal, format: "rust-tracing" }],
      }),
  };
}

test.skipIf(!hasJournalctl)(
  "the journal, by the real journalctl: one unit's lines, as they come, and none twice after a restart",
  async () => {
    const { place, begin } = startJournal();
    run = begin();
    place("first");
    await spansArrived(30);
    await run.stop();
    place("second");
    run = begin();
    await spansArrived(51);
    await run.stop();
    const counts = await countsIn(location());
    expect(counts).not.toHaveProperty(['offing.node.log.gaps{"loss":"vacuumed"}']);
    expect(counts).toMatchObject({
      [publish("completed")]: 30,
      [`node.command${JSON.stringify({ command: "get", status: "completed" })}`]: 20,
      // Its message is no UTF-8, so the journal tells it as bytes.
      [`node.command${JSON.stringify({ command: "update", status: "completed" })}`]: 1,
      'offing.node.log.lines{"log_line":"activity"}': 51,
      'offing.node.log.lines{"log_line":"not_json"}': 1,
    });
    expect(spansOf(receiver)).toHaveLength(51);
    expect(logsOf(receiver).find(({ body }) => body === "node.service: started")?.attributes).toHaveProperty(["log.record.uid"]);
  },
);

test.skipIf(!hasJournalctl)("what the journal dropped while nobody read is told as lost, once", async () => {
  const { place, vacuum, begin } = startJournal();
  const gaps = async () => (await countsIn(location()))['offing.node.log.gaps{"loss":"vacuumed"}'];
  place("first");
  run = begin();
  await spansArrived(30);
  await run.stop();
  vacuum("first");
  run = begin();
  await expect.poll(gaps, { timeout: 10_000 }).toBe(1);
  await run.stop();
  run = begin();
  place("second");
  await spansArrived(51);
  await run.stop();
  expect(await gaps()).toBe(1);
});

test.skipIf(!hasJournalctl)(
  "what the journal dropped while reading waited for the Collector is told as lost without a restart",
  async () => {
    const { place, vacuum, begin } = startJournal();
    const gaps = async () => (await countsIn(location()))['offing.node.log.gaps{"loss":"vacuumed"}'];
    place("first");
    let nowMs = Date.now();
    run = begin(undefined, { ...systemClock, nowMs: () => nowMs });
    await spansArrived(30);
    vacuum("first");
    // Nobody looked for as long as a Collector that takes nothing holds the reading up.
    nowMs += 5_000;
    await expect.poll(gaps, { timeout: 20_000 }).toBe(1);
  },
);

test("a folder of files, and Docker's json-file with a line in pieces", async () => {
  const [logs, docker] = [join(folder, "logs"), join(folder, "docker-json.log")];
  mkdirSync(logs);
  writeFileSync(join(logs, "a.log"), lines(20));
  const whole = closed("get");
  const pieces = [whole.slice(0, 40), `${whole.slice(40)}\n`].map((log) => JSON.stringify({ log, stream: "stdout", time: TIME }));
  writeFileSync(docker, `${pieces[0]}\n`);
  run = wholeRun({
    location: location(),
    collector: receiver.url,
    inputs: [
      { type: "file", path: logs, pattern: "*.log", format: "rust-tracing" },
      { type: "docker", path: docker, pattern: undefined, format: "rust-tracing" },
    ],
  });
  await spansArrived(20);
  writeFileSync(join(logs, "b.log"), lines(10));
  appendFileSync(docker, `${pieces[1]}\n`);
  await spansArrived(31);
  await run.stop();
  expect(await countsIn(location())).toMatchObject({ 'offing.node.log.lines{"log_line":"activity"}': 31, [publish("completed")]: 30 });
});

test("beyond the host no secret leaves in a forwarded line, nor a field that nobody allowed", async () => {
  const path = join(folder, "node.log");
  const secrets = {
    rpc: "https://user:hunter2@rpc.example/key/abc",
    token: "Bearer abc.def",
    mail: "op@example.org",
    address: `0x${"ab".repeat(20)}`,
  };
  const fields = {
    message: `sent to ${Object.values(secrets).join(" ")}`,
    wallet_key: "hunter2",
    operation_id: "op-7",
    ual: "did:dkg:base:8453/0xabc/1",
  };
  const text = `panic: password=hunter2 at ${secrets.rpc}`;
  writeFileSync(path, `${JSON.stringify({ timestamp: TIME, level: "INFO", fields, target: "node" })}\n${text}\n`);
  run = wholeRun({
    location: location(),
    collector: receiver.url,
    inputs: [{ type: "file", path, pattern: undefined, format: "rust-tracing" }],
    redaction: { allow: [] },
  });
  await expect.poll(() => logsOf(receiver).length, { timeout: 20_000, interval: 50 }).toBe(2);
  const sent = receiver.requests.filter((request) => request.path === "/v1/logs").map((request) => request.text);
  for (const secret of ["hunter2", "rpc.example", "abc.def", "op@example.org", secrets.address, "wallet_key"])
    expect(sent.join(), secret).not.toContain(secret);
  expect(logsOf(receiver)[0]?.body).toBe("sent to **** **** **** ****");
  // What the contract lets go still leads from the line to its operation.
  expect(logsOf(receiver)[0]?.attributes).toMatchObject({ operation_id: "op-7" });
});

const TIME = "2026-11-27T07:00:00.000000Z";

test("standard input through `offing run node`: killed in the middle, started again, every line counts once", async () => {
  const config = join(folder, "offing.yaml");
  const [db, host] = [join(folder, "node.db"), "127.0.0.1"];
  writeFileSync(
    config,
    [
      `ledger: { sqlite: ${db} }`,
      `collector: { url: "${receiver.url}", interval: 200ms }`,
      `http: { listen: "${host}:0" }`,
      "node: { inputs: [{ stdin: true, format: rust-tracing }], logs: false }",
    ].join("\n"),
  );
  const start = () => {
    const child = spawn(process.execPath, [EMITTER, "run", "node", "--config", config], { stdio: ["pipe", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = new Promise<number | NodeJS.Signals | null>((resolve) => child.once("close", (code, signal) => resolve(signal ?? code)));
    return { child, ended, stderr: () => stderr };
  };
  const [before, after] = [lines(3_000), lines(2_000, "get")];
  const first = start();
  first.child.stdin.write(before);
  // What it has taken from the pipe is on the disk; how much of that is read and counted by then is left to chance.
  const spooled = () => {
    const spool = `${db}-spool`;
    const files = existsSync(spool) ? readdirSync(spool) : [];
    return files.reduce((sum, name) => sum + statSync(join(spool, name)).size, 0);
  };
  await expect.poll(spooled, { timeout: 20_000, interval: 2 }).toBe(before.length);
  first.child.kill("SIGKILL");
  expect(await first.ended).toBe("SIGKILL");
  const second = start();
  second.child.stdin.end(after);
  // The input has ended, so does the emitter.
  expect(await second.ended, second.stderr()).toBe(0);
  expect(await countsIn(location())).toMatchObject({
    [publish("completed")]: 3_000,
    [`node.command${JSON.stringify({ command: "get", status: "completed" })}`]: 2_000,
    'offing.node.log.lines{"log_line":"activity"}': 5_000,
  });
  expect(new Set(spansOf(receiver).map(({ spanId }) => spanId)).size).toBe(5_000);
  expect(readdirSync(`${db}-spool`), "what is committed is removed").toEqual([]);
});

const EMITTER = fileURLToPath(new URL("../../emitter.ts", import.meta.url));

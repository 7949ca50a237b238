import { execFile } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { randomFrom } from "#core/testing/random.ts";
import type { Bench, Row } from "./bench.ts";
import { runPart } from "./part.ts";
import type { FollowAnswer, FollowOrder } from "./parts/follow-log.ts";
import type { ParseAnswer, ParseOrder } from "./parts/parse-lines.ts";

const PART = new URL("./parts/follow-log.ts", import.meta.url);
const PARSE = new URL("./parts/parse-lines.ts", import.meta.url);
const PROGRAM = new URL("./node-log.mtail", import.meta.url).pathname;
const COMMANDS = ["publish", "get", "update", "query", "sync"];

/** What following a node's log costs, beside mtail on the same file. */
export const nodeLogBench: Bench = {
  name: "node-log",
  what: "JSON log lines through the node emitter, durable and acknowledged, beside mtail for the metrics alone",
  run: async ({ quick, folder, signal, say }) => {
    const whole: LogFile = { path: join(folder, "node.log"), lines: quick ? 200_000 : 1_000_000 };
    const quarter: LogFile = { path: join(folder, "quarter.log"), lines: whole.lines / 4 };
    say(`${whole.lines} lines, one in four of them a closed span`);
    for (const file of [whole, quarter]) writeLog(file);
    const receiver = await startReceiver();
    const rounds = quick ? 2 : 3;
    const [metrics, spans, steady, all]: [number[], number[], number[], number[]] = [[], [], [], []];
    const [memory, quarterMemory, peer, bare]: [number[], number[], number[], number[]] = [[], [], [], []];
    try {
      const follow = async ({ path, lines }: LogFile, signals: Pick<FollowOrder, "traces" | "logs">): Promise<FollowAnswer> => {
        const order: FollowOrder = { file: path, sqlite: join(folder, "node.db"), url: receiver.url, ...signals };
        const answer = await runPart<FollowOrder, FollowAnswer>(PART, { order, signal });
        if (answer.lines !== lines || answer.commands !== lines / 4) throw new Error(`it counted ${answer.lines} lines of ${lines}`);
        return answer;
      };
      const rate = ({ lines, cpuSeconds }: FollowAnswer): number => lines / cpuSeconds;
      for (let round = 0; round < rounds; round += 1) {
        say(`round ${round + 1} of ${rounds}`);
        metrics.push(rate(await follow(whole, { traces: false, logs: false })));
        const other = await runMtail(whole);
        if (other !== undefined) peer.push(other);
        bare.push((await runPart<ParseOrder, ParseAnswer>(PARSE, { order: { file: whole.path }, signal })).linesPerCpuSecond);
        const traced = await follow(whole, { traces: true, logs: false });
        spans.push(rate(traced));
        steady.push(traced.steadyLinesPerCpuSecond);
        if (round > 0) continue;
        const everything = await follow(whole, { traces: true, logs: true });
        all.push(rate(everything));
        memory.push(everything.peakRssMiB);
        quarterMemory.push((await follow(quarter, { traces: true, logs: true })).peakRssMiB);
      }
    } finally {
      receiver.close();
    }
    const alone: Row = { figure: "to metrics", unit: "lines/CPU-s", ours: metrics };
    const beside = { peer: { name: "mtail", values: peer }, target: { atLeast: 3 * (peer[0] ?? 0) } };
    return {
      rows: [
        peer.length === 0 ? alone : { ...alone, figure: "to metrics (target: 3 times the peer)", ...beside },
        {
          figure: "to metrics and spans (target: 300,000)",
          unit: "lines/CPU-s",
          ours: spans,
          peer: { name: "split and JSON.parse, and nothing more", values: bare },
          target: { atLeast: 300_000 },
        },
        { figure: "to metrics and spans, once a quarter of it was read", unit: "lines/CPU-s", ours: steady },
        { figure: "to metrics, spans and log records", unit: "lines/CPU-s", ours: all },
        {
          figure: "peak resident memory, with spans and log records",
          unit: "MiB",
          ours: memory,
          peer: { name: "a quarter of the file", values: quarterMemory },
          target: { atMost: 150 },
        },
      ],
      notes: [
        "node-log: the second peer is what this machine takes to find the lines of the file and to parse each as JavaScript does.",
        "node-log: one line in four ends a span; a log of which more do is slower, one of which fewer do is faster.",
        "node-log: lines per second of processor time of the whole process, commits, start and end included (of the quick size compiling is a third); the receiver acknowledges at once.",
        ...(peer.length === 0 ? ["node-log: mtail is not on PATH (Debian has it as `mtail`), so there is no peer."] : []),
      ],
    };
  },
};

interface LogFile {
  readonly path: string;
  readonly lines: number;
}

/** Lines as Rust's tracing writes them: three events inside a span, then the span's end. */
function writeLog({ path, lines }: LogFile): void {
  const random = randomFrom(1);
  const descriptor = openSync(path, "w");
  for (let from = 0; from < lines; from += 10_000) {
    const some = Array.from({ length: Math.min(10_000, lines - from) }, (_, index) => lineOf(from + index, random));
    writeSync(descriptor, some.join(""));
  }
  closeSync(descriptor);
}

function lineOf(n: number, random: () => number): string {
  const timestamp = new Date(1_795_763_000_000 + n).toISOString().replace("Z", "123Z");
  const command = COMMANDS[Math.floor(n / 4) % COMMANDS.length] ?? "";
  const span = { blockchain: "base:8453", command, operation_id: `op-${Math.floor(n / 4)}`, name: `command.${command}` };
  if (n % 4 === 3) {
    const closed = { ...span, status: "completed" };
    const took = { message: "close", "time.busy": `${(random() * 100).toFixed(2)}ms`, "time.idle": `${(random() * 9).toFixed(2)}ms` };
    return `${JSON.stringify({ timestamp, level: "INFO", fields: took, target: "node::command", span: closed, spans: [closed] })}\n`;
  }
  const fields = { message: `stored ${n} triples in the repository`, ual: `did:dkg:base:8453/0xabc/${n}` };
  return `${JSON.stringify({ timestamp, level: "INFO", fields, target: "node::repository", span, spans: [span] })}\n`;
}

/** Lines per second of processor time; undefined where there is no mtail. */
async function runMtail({ path, lines }: LogFile): Promise<number | undefined> {
  const run = promisify(execFile);
  try {
    await run("mtail", ["--version"]);
  } catch {
    return undefined;
  }
  const command = 'mtail --one_shot --logtostderr --progs "$1" --logs "$2" > /dev/null 2>&1; times';
  const { stdout } = await run("sh", ["-c", command, "sh", PROGRAM, path]);
  // The second line is the children's user and system time, such as 0m1.230000s.
  const times = [...(stdout.trim().split("\n")[1] ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  return lines / times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

/** Takes every request and acknowledges it, in this process: the emitter's own processor time is what is measured. */
async function startReceiver(): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    request.resume();
    request.once("end", () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

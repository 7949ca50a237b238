import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { wantedOf } from "./block-logs.ts";
import { createPlainServer } from "./plain-http.ts";
import { CHAIN_ID, type RecordedBlock, type RecordingPlan, recording, TAIL } from "./recording.ts";

/** What the process is told to serve: the plan, and whether it can trace. */
export interface NodeOrder {
  readonly plan: RecordingPlan;
  readonly traces: boolean;
  /** Blocks above this one are made one after the other, from the first question for the newest on. */
  readonly live?: { readonly after: number; readonly perSecond: number };
}

/** When live blocks are made: the first one, each one after it, and after which block; answered to a GET of /births. */
export interface Births {
  readonly firstMs: number;
  readonly everyMs: number;
  readonly after: number;
}

/** What it says once it listens, as one line of JSON on standard output. */
export interface NodeReady {
  readonly url: string;
  readonly successes: number;
}

interface Request {
  readonly id: number | string;
  readonly method: string;
  readonly params?: readonly unknown[];
}

// Replays a recorded chain over JSON-RPC as fast as one process can: every answer was encoded before the first question.
const order = JSON.parse(await text(process.stdin)) as NodeOrder;
const LAST = order.plan.blocks + TAIL;
const byNumber = new Map<number, RecordedBlock>();
const byHash = new Map<string, RecordedBlock>();
for (const block of recording(order.plan)) {
  byNumber.set(block.number, block);
  byHash.set(block.hash, block);
}
const requests: Record<string, number> = {};
let births: Births | undefined;

/** The newest block there is. A block that is made gets the time it is made at. */
function head(): number {
  if (order.live === undefined) return LAST;
  const { after, perSecond } = order.live;
  const everyMs = 1000 / perSecond;
  births ??= { firstMs: Date.now() + everyMs, everyMs, after };
  const made = Math.min(LAST, after + Math.max(0, Math.floor((Date.now() - births.firstMs) / everyMs) + 1));
  for (; stamped < made; stamped += 1) {
    const block = byNumber.get(stamped + 1);
    const bornMs = births.firstMs + (stamped - after) * everyMs;
    for (const bytes of [block?.full, block?.slim]) bytes?.write(Math.floor(bornMs / 1000).toString(16), bytes.indexOf(TIME) + TIME.length);
  }
  return made;
}

const TIME = '"timestamp":"0x';
let stamped = order.live?.after ?? LAST;

function answer({ method, params = [] }: Request): Buffer | undefined {
  requests[method] = (requests[method] ?? 0) + 1;
  const [first, second] = params;
  switch (method) {
    case "eth_chainId":
      return Buffer.from(`"0x${CHAIN_ID.toString(16)}"`);
    case "net_version":
      return Buffer.from(`"${CHAIN_ID}"`);
    case "eth_blockNumber":
      return Buffer.from(`"0x${head().toString(16)}"`);
    case "eth_getCode":
      return Buffer.from('"0x60"');
    case "eth_getBlockByNumber":
    case "eth_getBlockByHash":
      return blockAnswer(find(first), second === true);
    case "eth_getBlockReceipts":
      return find(first)?.receipts ?? NULL;
    case "eth_getLogs":
      return logsAnswer(first as LogFilter);
    case "debug_traceBlockByHash":
    case "debug_traceBlockByNumber":
      return order.traces ? (find(first)?.traces ?? NULL) : undefined;
    default:
      return undefined;
  }
}

const NULL = Buffer.from("null");

function blockAnswer(block: RecordedBlock | undefined, full: boolean): Buffer {
  if (block === undefined) return NULL;
  return full ? block.full : block.slim;
}

function find(name: unknown): RecordedBlock | undefined {
  if (typeof name !== "string") return undefined;
  const newest = head();
  const block = name.length === 66 ? byHash.get(name) : byNumber.get(name.startsWith("0x") ? Number(name) : newest);
  return block === undefined || block.number > newest ? undefined : block;
}

interface LogFilter {
  readonly address?: string | readonly string[];
  readonly topics?: readonly (string | readonly string[] | null)[];
  readonly fromBlock: string;
  readonly toBlock: string;
}

function logsAnswer({ address, topics = [], fromBlock, toBlock }: LogFilter): Buffer {
  const addresses = address === undefined ? undefined : new Set([address].flat().map((each) => each.toLowerCase()));
  const wanted = topics[0] === undefined || topics[0] === null ? undefined : new Set([topics[0]].flat());
  const found: Buffer[] = [];
  for (let number = Number(fromBlock); number <= Math.min(Number(toBlock), head()); number += 1) {
    const block = byNumber.get(number);
    for (const log of block === undefined ? [] : wantedOf(block.logs, { addresses, topics: wanted })) found.push(COMMA, log);
  }
  return Buffer.concat([Buffer.from("["), ...found.slice(1), Buffer.from("]")]);
}

const COMMA = Buffer.from(",");

/** The parts of a response, after what goes before it. */
function respond(request: Request, before: string): (Buffer | string)[] {
  const result = answer(request);
  const head = `${before}{"jsonrpc":"2.0","id":${JSON.stringify(request.id)},`;
  if (result === undefined) return [`${head}"error":{"code":-32601,"message":"the method ${request.method} does not exist"}`];
  return [`${head}"result":`, result];
}

const server = createPlainServer(({ path, body }) => {
  if (body === "") return [JSON.stringify(path === "/births" ? (births ?? null) : requests)];
  const asked = JSON.parse(body) as Request | readonly Request[];
  if (!Array.isArray(asked)) return [...respond(asked as Request, ""), "}"];
  return [...asked.flatMap((each: Request, index) => respond(each, index === 0 ? "[" : "},")), "}]"];
});
// What making the recording left behind is not collected while it is replayed.
globalThis.gc?.();
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  const scanned = [...byNumber.values()].filter(({ number }) => number <= order.plan.blocks);
  const successes = scanned.reduce((sum, block) => sum + block.successes.length, 0);
  const ready: NodeReady = { url: `http://127.0.0.1:${port}`, successes };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
});
process.on("SIGTERM", () => process.exit(0));

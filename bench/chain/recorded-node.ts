import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { NodeOrder, NodeReady } from "./node-process.ts";

/** A node that replays a recording, in a process of its own. */
export interface RecordedNode extends NodeReady {
  readonly stop: () => Promise<void>;
}

const PROCESS = new URL("./node-process.ts", import.meta.url);

/** Makes the recording and serves it on a free port of loopback. @throws Error when the process ends before it listens */
export async function startRecordedNode(order: NodeOrder, signal: AbortSignal): Promise<RecordedNode> {
  const child = spawn(process.execPath, ["--max-old-space-size=8192", "--expose-gc", PROCESS.pathname], {
    stdio: ["pipe", "pipe", "inherit"],
    signal,
  });
  const ended = once(child, "close").catch(() => []);
  child.stdin.end(JSON.stringify(order));
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, "line"), ended.then(() => undefined)]);
  if (line === undefined) throw new Error("the recorded node ended before it listened");
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  return { ...(JSON.parse(String(line[0])) as NodeReady), stop };
}

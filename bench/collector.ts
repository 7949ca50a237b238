import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createPart } from "../stack/part.ts";
import { partSpecs } from "../stack/part-specs.ts";
import { choosePorts } from "../stack/ports.ts";
import { findTools } from "../stack/tools.ts";
import { startWatchdog } from "../stack/watchdog.ts";

/** A Collector that runs for a bench. */
export interface BenchCollector {
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/**
 * Starts the real Collector with the repository's configuration, its queues on disk, and backends that take everything at once: what is
 * measured is the way to its acknowledgement, not how fast Prometheus and Loki store.
 *
 * @throws TOOL_NOT_FOUND, TOOL_BUILD_FAILED, STACK_FAILED
 */
export async function startCollector({ folder, signal }: { folder: string; signal: AbortSignal }): Promise<BenchCollector> {
  const backends = await startBackends();
  const { collector } = await findTools(["collector"], { signal });
  const ports = { ...(await choosePorts("free")), prometheus: backends.port, loki: backends.port };
  // Only the Collector's spec is taken; the other programs are named because specs come for a whole stack.
  const tools = { collector, prometheus: collector, alertmanager: collector, loki: collector };
  const specs = partSpecs({ directory: folder, ports, tools, tempo: null, configs: { prometheus: "", alertmanager: "" } });
  const spec = specs.find(({ name }) => name === "collector");
  if (spec === undefined) throw new TypeError("the stack has no Collector");
  const watchdog = startWatchdog();
  const part = createPart(spec, { onStart: watchdog.add, onEnd: watchdog.drop, onExit: () => {} });
  const stop = async (): Promise<void> => {
    await part.stop();
    watchdog.end();
    await backends.stop();
  };
  try {
    await part.start(signal);
    return { url: part.address, pid: part.process?.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Backends {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** Answers every OTLP request with an empty success. */
async function startBackends(): Promise<Backends> {
  const server = createServer((request, response) => {
    request.resume();
    request.once("end", () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

import { createServer } from "node:net";
import { OffingError } from "#core/errors.ts";

/** Every port of the stack, all on 127.0.0.1. */
export interface StackPorts {
  readonly otlpGrpc: number;
  readonly otlpHttp: number;
  readonly collectorHealth: number;
  readonly prometheus: number;
  readonly loki: number;
  readonly lokiGrpc: number;
  readonly tempo: number;
  readonly tempoGrpc: number;
  readonly tempoOtlp: number;
  readonly tempoGossip: number;
  readonly alertmanager: number;
  /** Where the alert history takes Alertmanager's reports; see `offing run alerts`. */
  readonly alertHistory: number;
}

/** Which ports to take: the standard ones (`OFFING_PORT_BASE` moves them), any free ones, or consecutive ones from a base. */
export type PortChoice = "standard" | "free" | number;

const STANDARD: StackPorts = {
  otlpGrpc: 4317,
  otlpHttp: 4318,
  collectorHealth: 13133,
  prometheus: 9090,
  loki: 3100,
  lokiGrpc: 9095,
  tempo: 3200,
  tempoGrpc: 9096,
  tempoOtlp: 4319,
  tempoGossip: 7946,
  alertmanager: 9093,
  alertHistory: 9475,
};

const NAMES = Object.keys(STANDARD) as (keyof StackPorts)[];
const HOST = "127.0.0.1";
// Below the range from which systems take the ports of outgoing connections, which come and go.
const FREE_FROM = 15_000;
const FREE_TO = 32_000;

/**
 * Settles on ports. Only "free" looks whether they are free; see `requireFree` for the others.
 *
 * @throws OffingError USAGE_INVALID when the base is no port number with room above it
 */
export async function choosePorts(choice: PortChoice, env: NodeJS.ProcessEnv = process.env): Promise<StackPorts> {
  if (choice === "free") return await freePorts();
  const given = env["OFFING_PORT_BASE"];
  if (typeof choice === "number") return fromBase(choice);
  return given === undefined || given === "" ? STANDARD : fromBase(Number(given));
}

/**
 * Makes sure that nobody listens on a port.
 *
 * @throws OffingError PORT_TAKEN naming the port and the part that needs it
 */
export async function requireFree(port: number, part: string): Promise<void> {
  if (await isFree(port)) return;
  throw new OffingError("PORT_TAKEN", { message: `port ${port} on ${HOST} is in use, and ${part} needs it`, context: { part, port } });
}

function fromBase(base: number): StackPorts {
  if (!Number.isInteger(base) || base < 1024 || base + NAMES.length > 65_535) {
    throw new OffingError("USAGE_INVALID", {
      message: `${base} cannot be the first port of the stack`,
      hint: `Set OFFING_PORT_BASE to a whole number from 1024 to ${65_535 - NAMES.length}; the stack takes that port and the ${NAMES.length - 1} after it.`,
    });
  }
  return Object.fromEntries(NAMES.map((name, index) => [name, base + index])) as unknown as StackPorts;
}

async function freePorts(): Promise<StackPorts> {
  const taken = new Set<number>();
  for (const _ of NAMES) taken.add(await freePort(taken));
  const ports = [...taken];
  return Object.fromEntries(NAMES.map((name, index) => [name, ports[index]])) as unknown as StackPorts;
}

async function freePort(not: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = FREE_FROM + Math.floor(Math.random() * (FREE_TO - FREE_FROM));
    if (!not.has(port) && (await isFree(port))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

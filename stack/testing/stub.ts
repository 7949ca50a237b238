import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A new empty folder below the system's temporary one. */
export function scratch(name: string): string {
  return mkdtempSync(join(tmpdir(), `offing-${name}-`));
}

/** Writes an executable shell script and gives its path. */
export function shellStub(path: string, body: string): string {
  return executable(path, `#!/bin/sh\n${body}\n`);
}

/** A program that says it is `version` and does nothing else. */
export function versionStub(path: string, version: string): string {
  return shellStub(path, `echo "stub, version ${version}"`);
}

/**
 * A program that stands in for any part of the stack: it answers 200 on the port that the part would be ready on, and ends on
 * SIGTERM. JavaScript in the file `<path>.misbehave` runs first; it may set `deaf`,
 * and the port stays closed.
 */
export function partStub(path: string): string {
  return executable(path, `#!${process.execPath}\n${PART_SOURCE}`);
}

const PART_SOURCE = `
const { createServer } = require("node:http");
const { existsSync, readFileSync } = require("node:fs");
if (process.argv.includes("--version")) { console.log("stub version 9.9.9"); process.exit(0); }
const flag = process.argv.find((argument) => argument.startsWith("--web.listen-address="));
const port = Number((flag ?? process.env.OFFING_HEALTH_ENDPOINT ?? process.env.OFFING_TEMPO_PORT ?? process.env.OFFING_LOKI_PORT).split(":").pop());
let deaf = false;
console.log("stub started on", port);
process.once("SIGTERM", () => process.exit(0));
const misbehave = __filename + ".misbehave";
if (existsSync(misbehave)) eval(readFileSync(misbehave, "utf8"));
if (deaf) setInterval(() => {}, 1000);
else createServer((_, response) => response.end("ready")).listen(port, "127.0.0.1");
`;

function executable(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

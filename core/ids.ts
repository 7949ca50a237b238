import { hash } from "node:crypto";

/** The trace id of a thing of the world: the same text gives the same 16 bytes, as 32 hexadecimal digits. */
export function traceIdOf(subject: string): string {
  return digest(subject).slice(0, 32);
}

/** The span id of a fact: the same id gives the same 8 bytes, as 16 hexadecimal digits. */
export function spanIdOf(factId: string): string {
  return digest(factId).slice(0, 16);
}

function digest(text: string): string {
  return hash("sha256", text, "hex");
}

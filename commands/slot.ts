import { hash } from "node:crypto";
import { hostname } from "node:os";

/** The slot of a process: its host and its role. What leaves the host tells hosts apart without naming them. */
export function slotOf(role: string, { redaction }: { readonly redaction?: unknown }): string {
  const host = redaction === undefined ? hostname() : hash("sha256", hostname(), "hex").slice(0, 12);
  return `${host}-${role}`;
}

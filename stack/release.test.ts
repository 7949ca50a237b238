import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { dirname, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { scratch, shellStub } from "./testing/stub.ts";
import { cacheDirectory } from "./tool-cache.ts";
import { pinOf, type Release, type ToolName } from "./tool-pins.ts";
import { findTools } from "./tools.ts";

let home: string;
let server: Server;
let files: Map<string, Buffer>;
let requested: string[];
let told: string[];
let answer = true;
const progress = { line: (text: string): void => void told.push(text), begin: () => () => {} };

beforeEach(async () => {
  home = scratch("release");
  // No Go and no program of the stack, whatever this machine has.
  for (const tool of ["tar", "gzip"]) shellStub(join(home, "bin", tool), `exec /bin/${tool} "$@"`);
  files = new Map();
  requested = [];
  told = [];
  answer = true;
  server = createServer((request, response) => {
    requested.push(request.url ?? "");
    const file = files.get(request.url ?? "");
    if (!answer) return;
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("a tar archive with the published checksum gives all its programs", async () => {
  publish("prometheus", tarOf(releaseOf("prometheus"), { prometheus: "the server", promtool: "the tool" }));
  const found = await findTools(["prometheus", "promtool"], { env: env(), progress });
  expect(readFileSync(found.prometheus.path, "utf8")).toBe("the server");
  expect(readFileSync(found.promtool.path, "utf8")).toBe("the tool");
  expect(found.prometheus).toMatchObject({ version: "3.15.0", origin: "release" });
  expect(requested.filter((url) => url.endsWith(".tar.gz"))).toHaveLength(1);
  expect((await findTools(["promtool"], { env: env() })).promtool.origin).toBe("cache");
});

test.each(["deflated", "stored"] as const)("a zip archive with a %s program gives it", async (how) => {
  const release = releaseOf("loki");
  publish("loki", zipOf(release.members.loki ?? "", Buffer.from("the program ".repeat(50)), how));
  const { loki } = await findTools(["loki"], { env: env() });
  expect(readFileSync(loki.path, "utf8")).toBe("the program ".repeat(50));
  expect(loki.origin).toBe("release");
});

test("an archive that is not what its checksum says is never used", async () => {
  const release = releaseOf("loki");
  publish("loki", zipOf(release.members.loki ?? "", Buffer.from("good"), "stored"));
  files.set(`/${release.folder}/${release.archive}`, zipOf(release.members.loki ?? "", Buffer.from("evil"), "stored"));
  await expect(findTools(["loki"], { env: env(), progress })).rejects.toMatchObject({ code: "TOOL_NOT_FOUND" });
  expect(told).toContainEqual(expect.stringContaining("is not what its published checksum says"));
  expect(existsSync(cacheDirectory(pinOf("loki"), env()))).toBe(false);
});

test.each<[string, (release: Release) => void]>([
  [
    "without a checksum for the archive",
    (release) => files.set(`/${release.folder}/${release.checksums}`, Buffer.from(`${"0".repeat(64)}  other.zip\n`)),
  ],
  ["without a checksum file", (release) => files.delete(`/${release.folder}/${release.checksums}`)],
])("%s the archive is not even fetched", async (_, spoil) => {
  const release = releaseOf("loki");
  publish("loki", zipOf(release.members.loki ?? "", Buffer.from("good"), "stored"));
  spoil(release);
  await expect(findTools(["loki"], { env: env(), progress })).rejects.toMatchObject({ code: "TOOL_NOT_FOUND" });
  expect(requested.filter((url) => url.endsWith(".zip"))).toEqual([]);
  expect(told).toContainEqual(expect.stringContaining("no release within reach"));
});

test("an archive without the program, or that is no archive, is told and not used", async () => {
  for (const archive of [zipOf("another", Buffer.from("good"), "stored"), Buffer.from("no archive")]) {
    publish("loki", archive);
    await expect(findTools(["loki"], { env: env(), progress })).rejects.toMatchObject({ code: "TOOL_NOT_FOUND" });
  }
  expect(told.filter((line) => line.includes("the release could not be fetched"))).toHaveLength(2);
});

test("a host that does not answer is given up", async () => {
  answer = false;
  await expect(findTools(["loki"], { env: env(), progress })).rejects.toMatchObject({ code: "TOOL_NOT_FOUND" });
  expect(told).toContainEqual(expect.stringContaining("no answer in time"));
}, 20_000);

test("without a route nothing is waited for", async () => {
  await new Promise((resolve) => server.close(resolve));
  await expect(findTools(["loki"], { env: env(), progress })).rejects.toMatchObject({ code: "TOOL_NOT_FOUND" });
  expect(told).toContainEqual(expect.stringContaining("no release within reach"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

function env(): NodeJS.ProcessEnv {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 9;
  return { HOME: home, PATH: join(home, "bin"), OFFING_RELEASE_MIRROR: `http://127.0.0.1:${port}/` };
}

function releaseOf(tool: ToolName): Release {
  const { release } = pinOf(tool);
  if (release === undefined) throw new Error(`${tool} has no release`);
  return release;
}

function publish(tool: ToolName, archive: Buffer): void {
  const release = releaseOf(tool);
  const sum = createHash("sha256").update(archive).digest("hex");
  files.set(`/${release.folder}/${release.archive}`, archive);
  files.set(`/${release.folder}/${release.checksums}`, Buffer.from(`${"f".repeat(64)}  other\n${sum}  ${release.archive}\n`));
}

function tarOf(release: Release, contents: Readonly<Record<string, string>>): Buffer {
  const directory = scratch("tar");
  for (const [tool, member] of Object.entries(release.members)) {
    mkdirSync(dirname(join(directory, member)), { recursive: true });
    writeFileSync(join(directory, member), contents[tool] ?? "");
  }
  execFileSync("tar", ["-czf", join(directory, "archive"), "-C", directory, ...Object.values(release.members)]);
  return readFileSync(join(directory, "archive"));
}

/** One file as a ZIP archive, with a comment at the end as some tools write. */
function zipOf(name: string, content: Buffer, how: "deflated" | "stored"): Buffer {
  const data = how === "stored" ? content : deflateRawSync(content);
  const method = how === "stored" ? 0 : 8;
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(method, 8);
  local.writeUInt32LE(data.length, 18);
  local.writeUInt32LE(content.length, 22);
  local.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(method, 10);
  entry.writeUInt32LE(data.length, 20);
  entry.writeUInt32LE(content.length, 24);
  entry.writeUInt16LE(name.length, 28);
  const start = local.length + name.length + data.length;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length + name.length, 12);
  end.writeUInt32LE(start, 16);
  end.writeUInt16LE(7, 20);
  return Buffer.concat([local, Buffer.from(name), data, entry, Buffer.from(name), end, Buffer.from("comment")]);
}

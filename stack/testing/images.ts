import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Engine, librariesOf } from "./engine.ts";

/** An image made of programs of this machine, as the published one is laid out. */
export interface LocalImage {
  readonly name: string;
  /** Where each program of this machine stands in the image; the first is what it starts. */
  readonly programs: Readonly<Record<string, string>>;
  /** Folders that the image gives to its user, with the user's id. */
  readonly folders: Readonly<Record<string, number>>;
  /** Files and folders of this machine that are copied as they are. */
  readonly copies?: Readonly<Record<string, string>>;
  /** What is started, where it is not the first program alone. */
  readonly entry?: { readonly folder: string; readonly args: readonly string[] };
}

/** Makes an image from nothing but programs, their libraries and folders. */
export async function makeImage(engine: Engine, { name, programs, folders, copies = {}, entry }: LocalImage): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "offing-image-"));
  try {
    const root = join(folder, "root");
    const put = (from: string, to: string): void => {
      mkdirSync(dirname(join(root, to)), { recursive: true });
      copyFileSync(from, join(root, to));
    };
    for (const [to, from] of Object.entries(programs)) {
      put(from, to);
      for (const library of await librariesOf(from)) put(library, library);
    }
    for (const [to, from] of Object.entries(copies)) cpSync(from, join(root, to), { recursive: true, dereference: true });
    // The folders above those that are given away too, or an engine makes them for root alone.
    for (const path of ["tmp", ...Object.keys(folders).map(dirname)]) mkdirSync(join(root, path), { recursive: true });
    const archive = join(folder, "root.tar");
    execFileSync("tar", ["-C", root, "--owner=0", "--group=0", "-cf", archive, "."]);
    for (const [path, user] of Object.entries(folders)) {
      mkdirSync(join(root, path), { recursive: true });
      execFileSync("tar", ["-C", root, `--owner=${user}`, `--group=${user}`, "-rf", archive, `./${path.slice(1)}`]);
    }
    const changes = [
      `ENTRYPOINT ${JSON.stringify([Object.keys(programs)[0], ...(entry?.args ?? [])])}`,
      ...(entry === undefined ? [] : [`WORKDIR ${entry.folder}`]),
    ];
    await engine.docker(["import", ...changes.flatMap((change) => ["--change", change]), archive, name]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

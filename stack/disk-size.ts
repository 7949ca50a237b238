import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** The bytes that a file, or everything below a folder, takes on the disk; what goes away meanwhile takes nothing. */
export async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) return found.blocks * 512;
    let sum = 0;
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.isFile() || entry.isDirectory()) sum += await sizeOf(join(path, entry.name));
    }
    return sum;
  } catch {
    return 0;
  }
}

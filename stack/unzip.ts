import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;
const inflate = promisify(inflateRaw);

/**
 * Reads one file out of a ZIP archive, because `tar` cannot and `unzip` is often not there. Archives over 4 GiB are not read.
 *
 * @throws Error when the archive or the member is not what it should be
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT sections 4.3.7, 4.3.12, 4.3.16
 */
export async function unzipMember(archive: string, member: string): Promise<Uint8Array> {
  const bytes = await readFile(archive);
  const entry = findEntry(bytes, member);
  if (entry === null) throw new Error(`the archive has no ${member}`);
  const { method, compressedSize, size, headerOffset } = entry;
  const nameLength = bytes.readUInt16LE(headerOffset + 26);
  const extraLength = bytes.readUInt16LE(headerOffset + 28);
  const start = headerOffset + 30 + nameLength + extraLength;
  const data = bytes.subarray(start, start + compressedSize);
  if (method !== STORED && method !== DEFLATED) throw new Error(`${member} is compressed in an unknown way (${method})`);
  const content = method === STORED ? data : await inflate(data);
  if (content.byteLength !== size) throw new Error(`${member} has ${content.byteLength} bytes instead of ${size}`);
  return content;
}

interface Entry {
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

function findEntry(bytes: Buffer, member: string): Entry | null {
  let offset = directoryOffset(bytes);
  while (offset + 46 <= bytes.length && bytes.readUInt32LE(offset) === DIRECTORY_ENTRY) {
    const nameLength = bytes.readUInt16LE(offset + 28);
    if (bytes.toString("utf8", offset + 46, offset + 46 + nameLength) === member) {
      return {
        method: bytes.readUInt16LE(offset + 10),
        compressedSize: bytes.readUInt32LE(offset + 20),
        size: bytes.readUInt32LE(offset + 24),
        headerOffset: bytes.readUInt32LE(offset + 42),
      };
    }
    offset += 46 + nameLength + bytes.readUInt16LE(offset + 30) + bytes.readUInt16LE(offset + 32);
  }
  return null;
}

/** The end record stands last, behind it only a comment of at most 64 KiB. */
function directoryOffset(bytes: Buffer): number {
  for (let at = bytes.length - 22; at >= 0 && at >= bytes.length - 22 - 0xffff; at -= 1) {
    if (bytes.readUInt32LE(at) === END_OF_DIRECTORY) return bytes.readUInt32LE(at + 16);
  }
  throw new Error("this is no ZIP archive");
}

import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInflateRaw } from "node:zlib";

const END_RECORD = 0x06054b50;
const CENTRAL_HEADER = 0x02014b50;
const END_LENGTH = 22;
const COMMENT_LENGTH_MAX = 0xffff;
const STORED = 0;
const DEFLATED = 8;
const MAX_32 = 0xffffffff;

export interface ZipEntry {
  name: string;
  read(): AsyncIterable<Buffer>;
}

/** The files of a ZIP file, by its directory. Throws when it is none, is encrypted or needs ZIP64. */
export async function readZip(path: string): Promise<ZipEntry[]> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  const tailLength = Math.min(size, END_LENGTH + COMMENT_LENGTH_MAX);
  const tail = await readExactly(tailLength, size - tailLength);
  const end = tail.lastIndexOf(Buffer.of(0x50, 0x4b, 0x05, 0x06));
  if (end < 0 || tail.readUInt32LE(end) !== END_RECORD) throw new Error("invalid zip file");
  const count = tail.readUInt16LE(end + 10);
  const directory = await readExactly(tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16));
  const entries: ZipEntry[] = [];
  let position = 0;
  for (let index = 0; index < count; index += 1) {
    if (directory.readUInt32LE(position) !== CENTRAL_HEADER) throw new Error("invalid zip file");
    const nameLength = directory.readUInt16LE(position + 28);
    const name = directory.toString("utf8", position + 46, position + 46 + nameLength);
    const entry = {
      flags: directory.readUInt16LE(position + 8),
      method: directory.readUInt16LE(position + 10),
      compressed: directory.readUInt32LE(position + 20),
      offset: directory.readUInt32LE(position + 42),
    };
    if (entry.compressed === MAX_32 || entry.offset === MAX_32) {
      throw new Error("ZIP64 files (4 GiB and more) are not supported.");
    }
    if (entry.flags & 1 || (entry.method !== STORED && entry.method !== DEFLATED)) {
      throw new Error(`${name} in the zip file is encrypted or compressed in an unknown way.`);
    }
    const header = await readExactly(30, entry.offset);
    const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    entries.push({ name, read: () => content(path, { ...entry, start }) });
    position +=
      46 + nameLength + directory.readUInt16LE(position + 30) + directory.readUInt16LE(position + 32);
  }
  return entries;

  async function readExactly(length: number, from: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, from);
    if (bytesRead !== length) throw new Error("invalid zip file");
    return buffer;
  }
}

function content(
  path: string,
  { start, compressed, method }: { start: number; compressed: number; method: number },
): AsyncIterable<Buffer> {
  if (compressed === 0) return nothing();
  const raw = createReadStream(path, { start, end: start + compressed - 1 });
  if (method === STORED) return raw;
  const inflate = createInflateRaw();
  raw.on("error", (error) => inflate.destroy(error));
  return raw.pipe(inflate);
}

async function* nothing(): AsyncGenerator<Buffer> {}

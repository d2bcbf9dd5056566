import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { createDeflateRaw } from "node:zlib";
import { crc32 } from "./crc32.ts";

const LOCAL_HEADER = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const CENTRAL_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
const VERSION = 20;
const DEFLATED = 8;
/** Sizes follow the data; names are UTF-8. */
const FLAGS = 0x0808;
/** The first day that a ZIP file can name: exports of the same data are the same bytes. */
const DATE = 0x21;
const MAX_32 = 0xffffffff;
const ENTRIES_MAX = 0xffff;

interface Entry {
  name: Buffer;
  offset: number;
  crc: number;
  compressed: number;
  size: number;
}

/** Writes a ZIP file from front to back. Its limits are those without ZIP64: 4 GiB and 65,535 entries. */
export class ZipWriter {
  readonly #file: FileHandle;
  readonly #entries: Entry[] = [];
  #offset = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async add(name: string, content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    const entry: Entry = { name: Buffer.from(name), offset: this.#offset, crc: 0, compressed: 0, size: 0 };
    await this.#write(headerOf(LOCAL_HEADER, entry, 30));
    const deflate = createDeflateRaw();
    const measured = async function* () {
      for await (const chunk of content) {
        entry.crc = crc32(chunk, entry.crc);
        entry.size += chunk.length;
        yield chunk;
      }
    };
    const source = Readable.from(measured());
    source.on("error", (error) => deflate.destroy(error));
    for await (const chunk of source.pipe(deflate)) {
      entry.compressed += chunk.length;
      await this.#write(chunk);
    }
    const descriptor = Buffer.alloc(16);
    descriptor.writeUInt32LE(DESCRIPTOR, 0);
    writeSizes(descriptor, entry, 4);
    await this.#write(descriptor);
    this.#entries.push(entry);
  }

  /** Writes the directory; nothing may be added afterwards. */
  async finish(): Promise<void> {
    const start = this.#offset;
    if (this.#entries.length > ENTRIES_MAX) {
      throw new Error(`A ZIP file holds at most ${ENTRIES_MAX} files, not ${this.#entries.length}.`);
    }
    for (const entry of this.#entries) await this.#write(headerOf(CENTRAL_HEADER, entry, 46));
    const end = Buffer.alloc(22);
    end.writeUInt32LE(END_RECORD, 0);
    end.writeUInt16LE(this.#entries.length, 8);
    end.writeUInt16LE(this.#entries.length, 10);
    end.writeUInt32LE(this.#offset - start, 12);
    end.writeUInt32LE(start, 16);
    await this.#write(end);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#offset += bytes.length;
    if (this.#offset > MAX_32)
      throw new Error("The export is larger than the 4 GiB that a ZIP file can hold.");
    await this.#file.writeFile(bytes);
  }
}

function headerOf(
  signature: typeof LOCAL_HEADER | typeof CENTRAL_HEADER,
  entry: Entry,
  length: number,
): Buffer {
  const header = Buffer.alloc(length);
  const isCentral = signature === CENTRAL_HEADER;
  header.writeUInt32LE(signature, 0);
  if (isCentral) header.writeUInt16LE(VERSION, 4);
  const shared = isCentral ? 6 : 4;
  header.writeUInt16LE(VERSION, shared);
  header.writeUInt16LE(FLAGS, shared + 2);
  header.writeUInt16LE(DEFLATED, shared + 4);
  header.writeUInt16LE(DATE, shared + 8);
  if (isCentral) writeSizes(header, entry, 16);
  header.writeUInt16LE(entry.name.length, isCentral ? 28 : 26);
  if (isCentral) header.writeUInt32LE(entry.offset, 42);
  return Buffer.concat([header, entry.name]);
}

function writeSizes(target: Buffer, entry: Entry, position: number): void {
  target.writeUInt32LE(entry.crc, position);
  target.writeUInt32LE(entry.compressed, position + 4);
  target.writeUInt32LE(entry.size, position + 8);
}

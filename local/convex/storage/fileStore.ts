import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { STORAGE_TABLE } from "../store/catalog.ts";
import type { Reader, Store, Writer } from "../store/types.ts";

const UPLOAD_URL_VALID_MS = 60 * 60_000;
const SECRET_KEY = "uploadSecret";

/** Bytes on disk that no document names yet. */
export interface WrittenFile {
  uuid: string;
  /** Base64. */
  sha256: string;
  size: number;
}

export interface StoredFile extends WrittenFile {
  storageId: string;
  contentType: string | null;
}

export class Sha256MismatchError extends Error {}

/**
 * The files of `ctx.storage`: bytes in `directory`, one document of `_storage` each. Bytes are durable before the
 * document is, and go after it is gone; bytes that no document names are removed at the next start.
 */
export class FileStore {
  readonly #store: Store;
  readonly #directory: string;
  readonly #cloudUrl: string;
  readonly #secret: Buffer;
  /** Files whose documents were deleted by transactions that may not have committed yet. */
  readonly #deleted = new Set<string>();
  readonly #unsubscribe: () => void;

  private constructor(options: { store: Store; directory: string; cloudUrl: string }, secret: Buffer) {
    this.#store = options.store;
    this.#directory = options.directory;
    this.#cloudUrl = options.cloudUrl;
    this.#secret = secret;
    this.#unsubscribe = options.store.onCommit(() => {
      if (this.#deleted.size > 0) void this.#removeDeleted();
    });
  }

  static async open(options: { store: Store; directory: string; cloudUrl: string }): Promise<FileStore> {
    const { store, directory } = options;
    await mkdir(directory, { recursive: true });
    for (const uuid of await readdir(directory)) {
      if (store.getState(idKey(uuid)) === null) await rm(join(directory, uuid), { force: true });
    }
    let secret = store.getState(SECRET_KEY);
    if (secret === null) {
      const created = randomBytes(32).toString("hex");
      await store.transact((writer) => writer.setState(SECRET_KEY, created));
      secret = created;
    }
    return new FileStore(options, Buffer.from(secret, "hex"));
  }

  close(): void {
    this.#unsubscribe();
  }

  /** Where a browser may POST one file within the hour. */
  uploadUrl(): string {
    const payload = `${Date.now() + UPLOAD_URL_VALID_MS}.${randomBytes(12).toString("base64url")}`;
    return `${this.#cloudUrl}/api/storage/upload?token=${payload}.${this.#sign(payload)}`;
  }

  isValidUploadToken(token: string): boolean {
    const [expiresAt = "", nonce = "", signature = ""] = token.split(".");
    const expected = Buffer.from(this.#sign(`${expiresAt}.${nonce}`));
    const given = Buffer.from(signature);
    return (
      given.length === expected.length && timingSafeEqual(given, expected) && Number(expiresAt) > Date.now()
    );
  }

  /** Writes the bytes durably. Throws `Sha256MismatchError`; then nothing is left behind. */
  async write(source: AsyncIterable<Uint8Array>, expectedSha256?: string): Promise<WrittenFile> {
    const uuid = randomUUID();
    const path = this.path(uuid);
    const hash = createHash("sha256");
    let size = 0;
    try {
      await using file = await open(path, "wx");
      for await (const chunk of source) {
        hash.update(chunk);
        size += chunk.length;
        await file.writeFile(chunk);
      }
      await file.sync();
      const sha256 = hash.digest("base64");
      if (expectedSha256 !== undefined && expectedSha256 !== sha256) {
        throw new Sha256MismatchError(`Sha256 mismatch. Expected: ${expectedSha256} Actual: ${sha256}`);
      }
      await using folder = await open(this.#directory, "r");
      await folder.sync();
      return { uuid, sha256, size };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  /** Makes written bytes a file. Returns its `Id<"_storage">`. */
  add(writer: Writer, written: WrittenFile, contentType: string | null): string {
    const { uuid, sha256, size } = written;
    const storageId = writer.insert(STORAGE_TABLE, {
      sha256,
      size,
      ...(contentType === null ? {} : { contentType }),
    });
    this.link(writer, storageId, uuid);
    return storageId;
  }

  /** Says which bytes belong to a document of `_storage`. */
  link(writer: Writer, storageId: string, uuid: string): void {
    writer.setState(uuidKey(storageId), uuid);
    writer.setState(idKey(uuid), storageId);
  }

  /** Throws when the text is no `Id<"_storage">`. */
  find(reader: Reader, storageId: string): StoredFile | null {
    const read = reader.get(storageId, STORAGE_TABLE);
    const uuid = reader.getState(uuidKey(storageId));
    if (read === null || uuid === null) return null;
    const { sha256, size, contentType = null } = parseFile(read.json);
    return { storageId, uuid, sha256, size, contentType };
  }

  findByUuid(reader: Reader, uuid: string): StoredFile | null {
    const storageId = reader.getState(idKey(uuid));
    return storageId === null ? null : this.find(reader, storageId);
  }

  delete(writer: Writer, storageId: string): void {
    const file = this.find(writer, storageId);
    if (file === null) throw new Error(`storage id ${storageId} not found`);
    writer.delete(storageId, STORAGE_TABLE);
    writer.setState(uuidKey(storageId), null);
    writer.setState(idKey(file.uuid), null);
    this.#deleted.add(file.uuid);
  }

  url(file: StoredFile): string {
    return `${this.#cloudUrl}/api/storage/${file.uuid}`;
  }

  path(uuid: string): string {
    return join(this.#directory, uuid);
  }

  read(file: StoredFile): Promise<Buffer> {
    return readFile(this.path(file.uuid));
  }

  /** Runs between transactions, so the state is what is committed: a deletion that was taken back shows here. */
  async #removeDeleted(): Promise<void> {
    for (const uuid of [...this.#deleted]) {
      if (this.#store.getState(idKey(uuid)) !== null) continue;
      this.#deleted.delete(uuid);
      await rm(this.path(uuid), { force: true });
    }
  }

  #sign(payload: string): string {
    return createHmac("sha256", this.#secret).update(payload).digest("base64url");
  }
}

function uuidKey(storageId: string): string {
  return `storage:${storageId}`;
}

function idKey(uuid: string): string {
  return `storageUuid:${uuid}`;
}

/** Documents of `_storage` have the shape that `add` gives them. */
function parseFile(text: string): { sha256: string; size: number; contentType?: string } {
  return JSON.parse(text) as { sha256: string; size: number; contentType?: string };
}

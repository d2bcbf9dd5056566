import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { FileStore } from "../storage/fileStore.ts";
import type { Store } from "../store/types.ts";
import { type ImportMode, type ImportPlan, planImport } from "./importPlan.ts";
import { type ImportFormat, type ImportSource, openImport } from "./importSource.ts";
import { performExport } from "./performExport.ts";
import { performImport } from "./performImport.ts";

export type ExportState =
  | { state: "in_progress" }
  | { state: "failed" }
  | { state: "completed"; startTs: bigint; completeTs: bigint };

export type ImportState =
  | { state: "uploaded" }
  | { state: "waiting_for_confirmation"; message: string; isDestructive: boolean }
  | { state: "in_progress" }
  | { state: "completed"; written: number }
  | { state: "failed"; message: string };

export interface ImportOptions {
  tableName: string | null;
  mode: ImportMode;
  format: ImportFormat;
}

export class TransferError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

interface Import {
  state: ImportState;
  pending: { source: ImportSource; plan: ImportPlan } | null;
  path: string;
}

/** `convex export` and `convex import`. What was not finished when the process ended is forgotten. */
export class Transfers {
  readonly #store: Store;
  readonly #files: FileStore;
  readonly #directory: string;
  readonly #imports = new Map<string, Import>();
  #export: ExportState | null = null;

  private constructor(options: { store: Store; files: FileStore; directory: string }) {
    this.#store = options.store;
    this.#files = options.files;
    this.#directory = options.directory;
  }

  static async open(options: { store: Store; files: FileStore; directory: string }): Promise<Transfers> {
    await rm(options.directory, { recursive: true, force: true });
    return new Transfers(options);
  }

  get latestExport(): ExportState | null {
    return this.#export;
  }

  async startExport(includeStorage: boolean): Promise<void> {
    if (this.#export?.state === "in_progress") {
      throw new TransferError("ExportInProgress", "There is already an export in progress.");
    }
    this.#export = { state: "in_progress" };
    await mkdir(this.#directory, { recursive: true });
    void this.#runExport(includeStorage);
  }

  /** Path of a finished export. */
  exportPath(startTs: string): string | null {
    const latest = this.#export;
    return latest?.state === "completed" && String(latest.startTs) === startTs ? this.#zipPath : null;
  }

  importState(importId: string): ImportState | null {
    return this.#imports.get(importId)?.state ?? null;
  }

  get imports(): ImportState[] {
    return [...this.#imports.values()].map(({ state }) => state);
  }

  async startUpload(): Promise<string> {
    const token = randomUUID();
    await mkdir(this.#partsOf(token), { recursive: true });
    return token;
  }

  async uploadPart(token: string, number: number, body: NodeJS.ReadableStream): Promise<string> {
    if (!/^[0-9a-f-]{36}$/.test(token) || !Number.isInteger(number) || number < 1) {
      throw new TransferError("InvalidUpload", "The upload's token or part number is not valid.");
    }
    const name = String(number).padStart(6, "0");
    await pipeline(body, createWriteStream(join(this.#partsOf(token), name)));
    return name;
  }

  /** Joins the parts and looks at what they hold. Returns the import's id. */
  async finishUpload(token: string, partTokens: readonly string[], options: ImportOptions): Promise<string> {
    const path = join(this.#directory, `${token}.import`);
    const folder = this.#partsOf(token);
    const known = new Set(await readdir(folder));
    await writeFile(path, "");
    for (const part of partTokens) {
      if (!known.has(part)) throw new TransferError("InvalidUpload", `Part ${part} was not uploaded.`);
      await pipeline(createReadStream(join(folder, part)), createWriteStream(path, { flags: "a" }));
    }
    await rm(folder, { recursive: true });
    this.#imports.set(token, { state: { state: "uploaded" }, pending: null, path });
    void this.#plan(token, options);
    return token;
  }

  /** Runs an import that waits for confirmation. */
  confirmImport(importId: string): void {
    const found = this.#imports.get(importId);
    if (found?.state.state !== "waiting_for_confirmation" || found.pending === null) {
      throw new TransferError("ImportNotWaiting", `Import ${importId} does not wait for confirmation.`);
    }
    void this.#run(found, found.pending);
  }

  async #runExport(includeStorage: boolean): Promise<void> {
    try {
      const options = { store: this.#store, files: this.#files, path: this.#zipPath, includeStorage };
      const startTs = await performExport(options);
      this.#export = { state: "completed", startTs, completeTs: this.#store.latestTs };
    } catch (error) {
      console.error("The export failed.", error);
      this.#export = { state: "failed" };
    }
    await this.#announce();
  }

  async #plan(importId: string, { format, mode, tableName }: ImportOptions): Promise<void> {
    const import_ = this.#imports.get(importId);
    if (import_ === undefined) return;
    try {
      const source = await openImport(import_.path, { format, tableName });
      const plan = await planImport(source, mode, (body) => this.#store.read(body));
      import_.pending = { source, plan };
      const { message, isDestructive } = plan;
      import_.state = { state: "waiting_for_confirmation", message, isDestructive };
    } catch (error) {
      await this.#fail(import_, error);
    }
    await this.#announce();
  }

  async #run(import_: Import, { source, plan }: { source: ImportSource; plan: ImportPlan }): Promise<void> {
    import_.state = { state: "in_progress" };
    import_.pending = null;
    try {
      const target = { store: this.#store, files: this.#files };
      import_.state = { state: "completed", written: await performImport(target, source, plan) };
      await rm(import_.path);
    } catch (error) {
      await this.#fail(import_, error);
    }
    await this.#announce();
  }

  async #fail(import_: Import, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    import_.state = { state: "failed", message: `Hit an error while importing:\n${reason}` };
    await rm(import_.path, { force: true });
  }

  /** A commit, so that whoever watches a transfer asks again. */
  async #announce(): Promise<void> {
    await this.#store.transact((writer) => writer.setState("transferChangedAt", String(Date.now())));
  }

  get #zipPath(): string {
    return join(this.#directory, "export.zip");
  }

  #partsOf(token: string): string {
    return join(this.#directory, `${token}.parts`);
  }
}

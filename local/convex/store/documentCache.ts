import type { StoredDocument } from "./statements.ts";

/** Counted per entry on top of the text, for the key and the map. */
const ENTRY_BYTES = 200;

/**
 * The documents used last, by id, as the open SQLite transaction sees them. Whoever rolls back clears it, so it needs no
 * versions: transactions run one at a time.
 */
export class DocumentCache {
  readonly #documents = new Map<string, StoredDocument>();
  readonly #capacityBytes: number;
  #bytes = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get(id: string): StoredDocument | undefined {
    return this.#documents.get(id);
  }

  set(id: string, document: StoredDocument): void {
    this.delete(id);
    this.#documents.set(id, document);
    this.#bytes += document.json.length + ENTRY_BYTES;
    if (this.#bytes > this.#capacityBytes) this.#evict();
  }

  delete(id: string): void {
    const document = this.#documents.get(id);
    if (document === undefined) return;
    this.#documents.delete(id);
    this.#bytes -= document.json.length + ENTRY_BYTES;
  }

  clear(): void {
    this.#documents.clear();
    this.#bytes = 0;
  }

  /** A map iterates in the order of insertion, and every write inserts anew: the first ones were written longest ago. */
  #evict(): void {
    for (const id of this.#documents.keys()) {
      this.delete(id);
      if (this.#bytes <= this.#capacityBytes / 2) return;
    }
  }
}

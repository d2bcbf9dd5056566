import { compareKeys } from "../values/keyCodec.ts";

/** One key of an index as a transaction left it. */
export interface OverlayEntry {
  readonly key: Buffer;
  /** Null: the key was taken out. Undefined: the change was taken back, so the entry says nothing. */
  doc: number | null | undefined;
}

/** The keys of one index that changed since the last commit to SQLite. */
export class IndexOverlay {
  readonly #byKey = new Map<string, OverlayEntry>();
  #sorted: OverlayEntry[] = [];
  /** Not yet sorted in, so that a bulk insert costs no sorting until somebody reads a range. */
  #added: OverlayEntry[] = [];
  /** Keys put in minus keys taken out. */
  delta = 0;

  find(key: Buffer): OverlayEntry | undefined {
    return this.#byKey.get(key.toString("latin1"));
  }

  /** In the order of keys. */
  entries(): readonly OverlayEntry[] {
    if (this.#added.length > 0) {
      const added = this.#added.sort((left, right) => compareKeys(left.key, right.key));
      this.#sorted = merge(this.#sorted, added);
      this.#added = [];
    }
    return this.#sorted;
  }

  /** Entries with lower <= key < upper. */
  range(lower: Buffer, upper: Buffer): readonly OverlayEntry[] {
    const entries = this.entries();
    const start = position(entries, lower);
    const end = position(entries, upper);
    return start >= end ? [] : entries.slice(start, end);
  }

  /** Returns what takes the change back; changes must be taken back last one first. */
  set(key: Buffer, doc: number | null): () => void {
    const change = doc === null ? -1 : 1;
    const entry = this.find(key) ?? this.#add(key);
    const before = entry.doc;
    entry.doc = doc;
    this.delta += change;
    return () => {
      entry.doc = before;
      this.delta -= change;
    };
  }

  #add(key: Buffer): OverlayEntry {
    const entry = { key, doc: undefined };
    this.#byKey.set(key.toString("latin1"), entry);
    this.#added.push(entry);
    return entry;
  }
}

function merge(left: readonly OverlayEntry[], right: readonly OverlayEntry[]): OverlayEntry[] {
  const merged: OverlayEntry[] = [];
  let next = 0;
  for (const entry of left) {
    for (let other = right[next]; other && compareKeys(other.key, entry.key) < 0; other = right[++next]) {
      merged.push(other);
    }
    merged.push(entry);
  }
  for (; next < right.length; next++) {
    const other = right[next];
    if (other) merged.push(other);
  }
  return merged;
}

/** Of the first entry that is not less than the key. */
function position(entries: readonly OverlayEntry[], key: Buffer): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry && compareKeys(entry.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

import { compareKeys, encodeKey, keySuccessor } from "../values/keyCodec.ts";
import type { IndexRange, IndexWrite, ReadSet } from "./types.ts";

/** The ranges that were read; a query that goes on reading widens its own. */
export class RecordedReads implements ReadSet {
  #ranges: IndexRange[] = [];
  /** Reads by id whose keys nobody has asked for: those of a mutation never are. */
  #documents: { indexId: number; id: string }[] = [];
  #byIndex: Map<number, IndexRange[]> | null = null;

  get ranges(): readonly IndexRange[] {
    for (const { indexId, id } of this.#documents) {
      const lower = encodeKey([id]);
      this.#ranges.push({ indexId, lower, upper: keySuccessor(lower) });
    }
    this.#documents.length = 0;
    return this.#ranges;
  }

  /** One document, found by its id or not. */
  addDocument(indexId: number, id: string): void {
    this.#documents.push({ indexId, id });
    this.#byIndex = null;
  }

  add(range: IndexRange): IndexRange {
    this.#ranges.push(range);
    this.#byIndex = null;
    return range;
  }

  /** Must follow every change of a range that was added. */
  changed(): void {
    this.#byIndex = null;
  }

  intersects(writes: readonly IndexWrite[]): boolean {
    if (writes.length === 0) return false;
    this.#byIndex ??= mergeByIndex(this.ranges);
    for (const write of writes) {
      const ranges = this.#byIndex.get(write.indexId);
      if (ranges && contains(ranges, write.key)) return true;
    }
    return false;
  }

  /** Number of ranges that remain when overlapping and touching ones are joined. */
  countDistinct(): number {
    this.#byIndex ??= mergeByIndex(this.ranges);
    let count = 0;
    for (const ranges of this.#byIndex.values()) count += ranges.length;
    return count;
  }
}

/** Disjoint ranges in ascending order, by index. */
function mergeByIndex(ranges: readonly IndexRange[]): Map<number, IndexRange[]> {
  const byIndex = new Map<number, IndexRange[]>();
  for (const range of ranges) {
    const list = byIndex.get(range.indexId);
    if (list) list.push(range);
    else byIndex.set(range.indexId, [range]);
  }
  for (const [indexId, list] of byIndex) {
    if (list.length > 1) byIndex.set(indexId, merge(list));
  }
  return byIndex;
}

function merge(ranges: IndexRange[]): IndexRange[] {
  const merged: IndexRange[] = [];
  for (const range of ranges.sort((left, right) => compareLower(left.lower, right.lower))) {
    const last = merged.at(-1);
    if (last && (last.upper === null || range.lower === null || compareKeys(range.lower, last.upper) <= 0)) {
      last.upper = greaterUpper(last.upper, range.upper);
    } else {
      merged.push({ ...range });
    }
  }
  return merged;
}

function contains(ranges: readonly IndexRange[], key: Uint8Array): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const lower = ranges[middle]?.lower ?? null;
    if (lower === null || compareKeys(lower, key) <= 0) low = middle + 1;
    else high = middle;
  }
  const candidate = ranges[low - 1];
  if (!candidate) return false;
  return candidate.upper === null || compareKeys(key, candidate.upper) < 0;
}

function compareLower(left: Uint8Array | null, right: Uint8Array | null): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? -1 : 1;
  return compareKeys(left, right);
}

function greaterUpper(left: Uint8Array | null, right: Uint8Array | null): Uint8Array | null {
  if (left === null || right === null) return null;
  return compareKeys(left, right) >= 0 ? left : right;
}

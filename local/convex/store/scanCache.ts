import { compareKeys } from "../values/keyCodec.ts";
import type { IndexRow, ScanOrder, StoredDocument } from "./statements.ts";

export interface Scan {
  order: ScanOrder;
  indexId: number;
  lower: Buffer;
  upper: Buffer;
  limit: number;
}
interface CachedScan extends Scan {
  rows: IndexRow[];
}

const SCANS_PER_INDEX = 4;
const ROWS_MAX = 8;
const TEXT_MAX = 16 * 1024;

/**
 * The small scans that were asked last, a few an index, with what SQLite answered: a look-up that every request repeats
 * does not reach it. Every write to SQLite tells which keys and documents it changes; whoever takes writes back clears all.
 */
export class ScanCache {
  readonly #byIndex = new Map<number, CachedScan[]>();

  find({ order, indexId, lower, upper, limit }: Scan): readonly IndexRow[] | undefined {
    return this.#byIndex
      .get(indexId)
      ?.find(
        (scan) =>
          scan.limit === limit &&
          scan.order === order &&
          (lower === scan.lower || lower.equals(scan.lower)) &&
          (upper === scan.upper || upper.equals(scan.upper)),
      )?.rows;
  }

  add(scan: Scan, rows: readonly IndexRow[]): void {
    if (rows.length > ROWS_MAX) return;
    const text = rows.reduce((length, { json }) => length + json.length, 0);
    if (text > TEXT_MAX) return;
    const scans = this.#byIndex.get(scan.indexId) ?? [];
    if (scans.length === SCANS_PER_INDEX) scans.shift();
    const { order, indexId, lower, upper, limit } = scan;
    scans.push({ order, indexId, lower, upper, limit, rows: [...rows] });
    this.#byIndex.set(indexId, scans);
  }

  keyChanged(indexId: number, key: Buffer): void {
    const scans = this.#byIndex.get(indexId);
    if (!scans) return;
    const kept = scans.filter(
      ({ lower, upper }) => compareKeys(key, lower) < 0 || compareKeys(key, upper) >= 0,
    );
    if (kept.length < scans.length) this.#byIndex.set(indexId, kept);
  }

  documentsChanged(documents: readonly StoredDocument[]): void {
    const changed = new Map(documents.map((document) => [document.doc, document]));
    for (const scans of this.#byIndex.values()) {
      for (const { rows } of scans) {
        for (const [position, row] of rows.entries()) {
          const document = changed.get(row.doc);
          if (document) rows[position] = { key: row.key, ...document };
        }
      }
    }
  }

  clear(): void {
    this.#byIndex.clear();
  }
}

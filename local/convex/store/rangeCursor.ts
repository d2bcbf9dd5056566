import { keySuccessor } from "../values/keyCodec.ts";
import type { Index } from "./catalog.ts";
import type { Engine } from "./engine.ts";
import type { KeyBounds } from "./indexBounds.ts";
import type { RecordedReads } from "./readSet.ts";
import type { IndexRow, ScanOrder } from "./statements.ts";
import type { IndexRange } from "./types.ts";

const BATCH_ROWS_DEFAULT = 8;
const BATCH_ROWS_MAX = 256;
/** Batches stop growing when one holds this much. */
const BATCH_BYTES_MAX = 256 * 1024;

export interface RangeScan {
  index: Index;
  bounds: KeyBounds;
  order: ScanOrder;
}

/** Steps through one index range and records exactly the part that was stepped over. */
export class RangeCursor {
  readonly #engine: Engine;
  readonly #reads: RecordedReads;
  readonly #scan: RangeScan;
  #recorded: IndexRange | null = null;
  /** What is left of the range behind the rows in `#batch`. */
  #rest: KeyBounds;
  #batch: readonly IndexRow[] = [];
  #position = 0;
  #batchRows: number;
  #batchVersion = -1;
  #isRestEmpty = false;

  /** `rowsHint` is the number of rows that are expected to be read. */
  constructor(engine: Engine, reads: RecordedReads, scan: RangeScan, rowsHint: number | null) {
    this.#engine = engine;
    this.#reads = reads;
    this.#scan = scan;
    this.#rest = scan.bounds;
    this.#batchRows = Math.max(1, Math.min(rowsHint ?? BATCH_ROWS_DEFAULT, BATCH_ROWS_MAX));
  }

  next(): IndexRow | null {
    if (this.#position === this.#batch.length || this.#batchVersion !== this.#engine.writeVersion)
      this.#fetch();
    const row = this.#batch[this.#position] ?? null;
    if (row) this.#position += 1;
    this.#record(row);
    return row;
  }

  #fetch(): void {
    const last = this.#batch[this.#position - 1];
    const hasMissedWrites = this.#batchVersion !== this.#engine.writeVersion && this.#batchVersion !== -1;
    if (last) this.#rest = this.#after(last.key);
    if (this.#isRestEmpty && !hasMissedWrites) {
      this.#batch = [];
      this.#position = 0;
      return;
    }
    if (this.#batchVersion !== -1 && !hasMissedWrites) this.#growBatch();
    const { index, order } = this.#scan;
    const { lower, upper } = this.#rest;
    this.#batch = this.#engine.pending.scan(order, index.id, lower, upper, this.#batchRows);
    this.#position = 0;
    this.#isRestEmpty = this.#batch.length < this.#batchRows;
    this.#batchVersion = this.#engine.writeVersion;
  }

  #growBatch(): void {
    let bytes = 0;
    for (const row of this.#batch) bytes += row.sizeBytes;
    if (bytes < BATCH_BYTES_MAX) this.#batchRows = Math.min(this.#batchRows * 2, BATCH_ROWS_MAX);
  }

  #after(key: Buffer): KeyBounds {
    return this.#scan.order === "asc"
      ? { lower: keySuccessor(key), upper: this.#rest.upper }
      : { lower: this.#rest.lower, upper: key };
  }

  /** Reading past the last row reads the whole range. */
  #record(row: IndexRow | null): void {
    const { bounds, order, index } = this.#scan;
    this.#recorded ??= this.#reads.add({ indexId: index.id, ...bounds });
    if (order === "asc") this.#recorded.upper = row ? keySuccessor(row.key) : bounds.upper;
    else this.#recorded.lower = row ? row.key : bounds.lower;
    this.#reads.changed();
  }
}

import fc from "fast-check";
import Database from "libsql";
import { expect, test } from "vitest";
import { encodeKey } from "../values/keyCodec.ts";
import { PendingWrites } from "./pendingWrites.ts";
import { prepareStatements, SQL_SCHEMA } from "./statements.ts";

const INDEX = 1;
const KEYS = 12;
const keyOf = (number: number) => encodeKey([number]);

/** One document per key; `begin` and `end` bracket a transaction that may be taken back. */
const vStep = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), key: fc.nat(KEYS - 1), text: fc.nat(99) }),
  fc.record({ kind: fc.constant("delete" as const), key: fc.nat(KEYS - 1) }),
  fc.record({ kind: fc.constant("begin" as const) }),
  fc.record({ kind: fc.constant("rollback" as const) }),
  fc.record({ kind: fc.constant("flush" as const) }),
);
const vScan = fc.record({
  order: fc.constantFrom("asc" as const, "desc" as const),
  lower: fc.nat(KEYS),
  upper: fc.nat(KEYS),
  limit: fc.integer({ min: 1, max: KEYS }),
});

/** The store beside a plain map of key to text. */
class Bench {
  readonly db = new Database(":memory:");
  readonly undo: (() => void)[] = [];
  readonly pending: PendingWrites;
  private model = new Map<number, { doc: number; json: string }>();
  private marks: { undoLength: number; model: Map<number, { doc: number; json: string }> }[] = [];
  private nextDoc = 1;

  constructor() {
    this.db.exec(SQL_SCHEMA);
    this.pending = new PendingWrites(prepareStatements(this.db), this.undo);
  }

  run(step: { kind: string; key?: number; text?: number }): void {
    const { kind, key = 0, text = 0 } = step;
    if (kind === "put") this.put(key, String(text));
    else if (kind === "delete") this.delete(key);
    else if (kind === "begin") this.marks.push({ undoLength: this.undo.length, model: new Map(this.model) });
    else if (kind === "rollback") this.rollback();
    else this.flush();
  }

  rows({
    order,
    lower,
    upper,
    limit,
  }: {
    order: "asc" | "desc";
    lower: number;
    upper: number;
    limit: number;
  }) {
    const expected = [...this.model]
      .filter(([key]) => key >= lower && key < upper)
      .sort(([left], [right]) => (order === "asc" ? left - right : right - left))
      .slice(0, limit)
      .map(([key, { json }]) => `${key} ${json}`);
    const names = new Map(Array.from({ length: KEYS }, (_, key) => [keyOf(key).toString("hex"), key]));
    const found = this.pending
      .scan(order, INDEX, keyOf(lower), keyOf(upper), limit)
      .map(({ key, json }) => `${names.get(key.toString("hex"))} ${json}`);
    return { expected, found };
  }

  counts() {
    return { expected: this.model.size, found: this.pending.countEntries(INDEX) };
  }

  points() {
    const keys = Array.from({ length: KEYS }, (_, key) => key);
    return {
      expected: keys.map((key) => this.model.get(key)?.json ?? null),
      found: keys.map((key) => this.pending.documentByKey(INDEX, keyOf(key))?.json ?? null),
    };
  }

  private put(key: number, json: string): void {
    const known = this.model.get(key);
    const doc = known?.doc ?? this.nextDoc++;
    this.pending.putDocument({ doc, sizeBytes: json.length, json });
    if (!known) this.pending.insertEntry({ indexId: INDEX, key: keyOf(key) }, doc);
    this.model.set(key, { doc, json });
  }

  private delete(key: number): void {
    const known = this.model.get(key);
    if (!known) return;
    this.pending.deleteDocument(known.doc);
    this.pending.deleteEntry({ indexId: INDEX, key: keyOf(key) });
    this.model.delete(key);
  }

  private rollback(): void {
    const mark = this.marks.pop();
    if (!mark) return;
    while (this.undo.length > mark.undoLength) this.undo.pop()?.();
    this.model = mark.model;
  }

  /** SQLite takes over what no open transaction may still take back. */
  private flush(): void {
    this.marks = [];
    this.undo.length = 0;
    this.db.exec("BEGIN");
    this.pending.flush();
    this.db.exec("COMMIT");
  }
}

test("reads through pending writes equal those of a plain map, across rollbacks and flushes", () => {
  fc.assert(
    fc.property(
      fc.array(vStep, { maxLength: 40 }),
      fc.array(vScan, { minLength: 4, maxLength: 4 }),
      (steps, scans) => {
        const bench = new Bench();
        for (const step of steps) {
          bench.run(step);
          for (const scan of scans) {
            const { expected, found } = bench.rows(scan);
            expect(found).toEqual(expected);
          }
          const points = bench.points();
          expect(points.found).toEqual(points.expected);
          const counts = bench.counts();
          expect(counts.found).toBe(counts.expected);
        }
        bench.db.close();
      },
    ),
    { numRuns: 300 },
  );
});

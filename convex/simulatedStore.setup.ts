import type { GenericId } from "convex/values";
import type { MutationCtx } from "./_generated/server";

type Fields = Record<string, unknown>;
type Row = Fields & { _id: string; _creationTime: number };

interface Written {
  table: string;
  before: Row | undefined;
  after: Row | undefined;
}
interface ReadRange {
  table: string;
  matches: (row: Row) => boolean;
}

/** A mutation that has run on the state of one instant and is not committed yet. */
export interface Transaction<Result> {
  result: Result;
  /** False: another commit wrote what this one has read, and nothing of it happened. */
  commit(): boolean;
}

/**
 * Documents in memory under Convex's rule: a mutation sees one instant, and its commit fails if what it read was written
 * since. Only what admit and settle use of `ctx` is here; anything else throws.
 */
export class SimulatedStore {
  private readonly tables = new Map<string, Map<string, Row>>();
  private readonly commits: Written[][] = [];
  private created = 0;

  all(table: string): Row[] {
    return [...this.rowsOf(table).values()];
  }

  /** Runs and commits with nothing in between. */
  async run<Result>(mutate: (ctx: MutationCtx) => Promise<Result>): Promise<Result> {
    const transaction = await this.begin(mutate);
    if (!transaction.commit()) throw new Error("a lone transaction lost a conflict");
    return transaction.result;
  }

  async begin<Result>(mutate: (ctx: MutationCtx) => Promise<Result>): Promise<Transaction<Result>> {
    const since = this.commits.length;
    const db = new TransactionView(
      (table, id) => this.rowsOf(table).get(id),
      (table) => this.all(table),
      () => this.created++,
    );
    // The simulation implements the part of ctx that the ledger uses; the rest is absent and throws.
    const result = await mutate({ db } as unknown as MutationCtx);
    return { result, commit: () => this.commit(db, since) };
  }

  private commit(view: TransactionView, since: number): boolean {
    const others = this.commits.slice(since).flat();
    if (view.writes.size > 0 && others.some((written) => view.hasRead(written))) return false;
    const written: Written[] = [];
    for (const [id, { table, row }] of view.writes) {
      const rows = this.rowsOf(table);
      written.push({ table, before: rows.get(id), after: row ?? undefined });
      if (row === null) rows.delete(id);
      else rows.set(id, row);
    }
    this.commits.push(written);
    return true;
  }

  private rowsOf(table: string): Map<string, Row> {
    const rows = this.tables.get(table) ?? new Map<string, Row>();
    this.tables.set(table, rows);
    return rows;
  }
}

class TransactionView {
  readonly writes = new Map<string, { table: string; row: Row | null }>();
  private readonly readIds = new Set<string>();
  private readonly readRanges: ReadRange[] = [];

  constructor(
    private readonly stored: (table: string, id: string) => Row | undefined,
    private readonly table: (name: string) => Row[],
    private readonly nextNumber: () => number,
  ) {}

  hasRead({ table, before, after }: Written): boolean {
    const id = (before ?? after)?._id;
    if (id !== undefined && this.readIds.has(id)) return true;
    return this.readRanges.some(
      (range) =>
        range.table === table &&
        ((before !== undefined && range.matches(before)) || (after !== undefined && range.matches(after))),
    );
  }

  async get(table: string, id: string): Promise<Row | null> {
    this.readIds.add(id);
    const own = this.writes.get(id);
    return own ? own.row : (this.stored(table, id) ?? null);
  }

  async insert(table: string, fields: Fields): Promise<GenericId<string>> {
    const number = this.nextNumber();
    const _id = `${table}:${number}`;
    this.writes.set(_id, { table, row: { ...defined(fields), _id, _creationTime: number } });
    return _id as GenericId<string>;
  }

  async patch(table: string, id: string, fields: Fields): Promise<void> {
    const row = await this.get(table, id);
    if (!row) throw new Error(`patch of ${id}, which does not exist`);
    this.writes.set(id, { table, row: { ...defined({ ...row, ...fields }), ...identity(row) } });
  }

  async delete(table: string, id: string): Promise<void> {
    this.readIds.add(id);
    this.writes.set(id, { table, row: null });
  }

  query(table: string): SimulatedQuery {
    return new SimulatedQuery((matches) => {
      this.readRanges.push({ table, matches });
      const stored = this.table(table).filter(({ _id }) => !this.writes.has(_id));
      const own = [...this.writes.values()].flatMap((write) =>
        write.table === table && write.row ? [write.row] : [],
      );
      return [...stored, ...own].filter(matches);
    });
  }
}

function identity({ _id, _creationTime }: Row) {
  return { _id, _creationTime };
}

function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

type Condition = (row: Row) => boolean;
type Bound = number | string | undefined;

/** Ranges are conditions; rows come in the order of their creation. */
class SimulatedQuery {
  private condition: Condition = () => true;
  private isDescending = false;

  constructor(private readonly read: (matches: Condition) => Row[]) {}

  withIndex(_name: string, range?: (builder: RangeBuilder) => RangeBuilder): this {
    const builder = new RangeBuilder();
    range?.(builder);
    this.condition = (row) => builder.conditions.every((condition) => condition(row));
    return this;
  }

  order(direction: "asc" | "desc"): this {
    this.isDescending = direction === "desc";
    return this;
  }

  async collect(): Promise<Row[]> {
    const rows = this.read(this.condition).sort((a, b) => a._creationTime - b._creationTime);
    return this.isDescending ? rows.reverse() : rows;
  }

  async take(count: number): Promise<Row[]> {
    return (await this.collect()).slice(0, count);
  }

  async first(): Promise<Row | null> {
    return (await this.collect())[0] ?? null;
  }

  async unique(): Promise<Row | null> {
    const [row, other] = await this.collect();
    if (other) throw new Error("unique() found two rows");
    return row ?? null;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    yield* await this.collect();
  }
}

class RangeBuilder {
  readonly conditions: Condition[] = [];

  eq(field: string, value: Bound): this {
    this.conditions.push((row) => row[field] === value);
    return this;
  }
  gte(field: string, value: Bound): this {
    return this.compare(field, value, (order) => order >= 0);
  }
  gt(field: string, value: Bound): this {
    return this.compare(field, value, (order) => order > 0);
  }
  lte(field: string, value: Bound): this {
    return this.compare(field, value, (order) => order <= 0);
  }
  lt(field: string, value: Bound): this {
    return this.compare(field, value, (order) => order < 0);
  }

  private compare(field: string, value: Bound, isWanted: (order: number) => boolean): this {
    this.conditions.push((row) => {
      const own = row[field];
      if (typeof own !== typeof value || value === undefined) return false;
      return isWanted((own as number | string) < value ? -1 : own === value ? 0 : 1);
    });
    return this;
  }
}

import { type Table, tableRow } from "./catalog.ts";
import type { Engine } from "./engine.ts";

/**
 * Gives tables the numbers that imported ids hold. Empty tables in the way get other numbers; a table with documents
 * keeps its own, because their ids hold it. Runs inside a write transaction.
 */
export function assignTableNumbers(engine: Engine, wanted: ReadonlyMap<string, number>): void {
  const { catalog } = engine;
  for (const name of wanted.keys()) catalog.resolve(name);
  const before = catalog.all().map((table) => ({ table, number: table.number }));
  engine.undo.push(() => catalog.restoreNumbers(before));
  for (const [name, number] of wanted) {
    const table = catalog.resolve(name);
    if (!table.isPersisted) persistTable(engine, table);
    if (table.number === number) continue;
    const holder = catalog.byNumber(number);
    requireEmpty(engine, table, `${name}, whose ids have another table number than the imported ones,`);
    if (holder !== undefined) {
      requireEmpty(
        engine,
        holder,
        `${holder.name}, which has the table number of the imported ids of ${name},`,
      );
      renumber(engine, holder, catalog.unusedNumber());
    }
    renumber(engine, table, number);
  }
}

/** Stores the table's row with the group. */
export function persistTable({ pending, statements, undo }: Engine, table: Table): void {
  const row = tableRow(table);
  pending.defer(() => statements.insertTable(row));
  table.isPersisted = true;
  undo.push(() => {
    table.isPersisted = false;
  });
}

function renumber({ catalog, pending, statements }: Engine, table: Table, number: number): void {
  const before = table.number;
  catalog.renumber(table, number);
  pending.defer(() => statements.renumberTable(before, number));
}

function requireEmpty({ pending }: Engine, { byId }: Table, description: string): void {
  if (pending.countEntries(byId.id) === 0) return;
  throw new Error(
    `Table ${description} has documents; import with --replace or --replace-all, or empty it first.`,
  );
}

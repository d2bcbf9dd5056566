import type { Table } from "./catalog.ts";
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
    if (!table.isPersisted) {
      catalog.persist(table);
      engine.undo.push(() => {
        table.isPersisted = false;
      });
    }
    if (table.number === number) continue;
    const holder = catalog.byNumber(number);
    requireEmpty(engine, table, `${name}, whose ids have another table number than the imported ones,`);
    if (holder !== undefined) {
      requireEmpty(
        engine,
        holder,
        `${holder.name}, which has the table number of the imported ids of ${name},`,
      );
      catalog.renumber(holder, catalog.unusedNumber());
    }
    catalog.renumber(table, number);
  }
}

function requireEmpty({ statements }: Engine, { byId }: Table, description: string): void {
  if (statements.countEntries(byId.id) === 0) return;
  throw new Error(
    `Table ${description} has documents; import with --replace or --replace-all, or empty it first.`,
  );
}

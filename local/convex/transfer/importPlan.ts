import { STORAGE_TABLE } from "../store/catalog.ts";
import type { Reader } from "../store/types.ts";
import { parseDocumentId } from "../values/documentId.ts";
import type { ImportSource } from "./importSource.ts";

export type ImportMode = "requireEmpty" | "append" | "replace" | "replaceAll";

export interface TableChange {
  table: string;
  added: number;
  deleted: number;
  existing: number;
  /** The table number that the imported ids hold; null when rows bring no ids. */
  number: number | null;
}

export interface ImportPlan {
  changes: TableChange[];
  /** What `convex import` shows before it asks. */
  message: string;
  isDestructive: boolean;
}

/** Reads all rows once: how many there are, which ids they bring, and what the mode makes of existing documents. */
export async function planImport(
  source: ImportSource,
  mode: ImportMode,
  count: (body: (reader: Reader) => Map<string, number>) => Promise<Map<string, number>>,
): Promise<ImportPlan> {
  const imported = new Map<string, { added: number; number: number | null }>();
  for (const table of source.tables) {
    let added = 0;
    let number: number | null = null;
    for await (const { _id } of table.rows()) {
      added += 1;
      if (_id !== undefined) number = sameNumber(table.name, String(_id), number);
    }
    imported.set(table.name, { added, number });
  }
  const existing = await count((reader) => {
    const names = new Set([...imported.keys(), ...(mode === "replaceAll" ? reader.tableNames() : [])]);
    return new Map([...names].map((name) => [name, reader.count(name)]));
  });
  const changes = [...existing].sort().map(([table, rows]) => {
    const { added = 0, number = null } = imported.get(table) ?? {};
    if (mode === "requireEmpty" && rows > 0) {
      throw new Error(
        `Table ${table} already exists. Please choose a new table name or use replace/append modes.`,
      );
    }
    const deleted = mode === "replace" || mode === "replaceAll" ? rows : 0;
    return { table, added, deleted, existing: rows, number };
  });
  return {
    changes,
    message: ["Import change summary:", ...render(changes)].join("\n"),
    isDestructive: changes.some(({ deleted }) => deleted > 0),
  };
}

function sameNumber(table: string, id: string, known: number | null): number {
  const parsed = parseDocumentId(id);
  if (parsed.message !== undefined)
    throw new Error(`In table ${table}, ${id} is no document id: ${parsed.message}`);
  if (known !== null && known !== parsed.tableNumber) {
    throw new Error(`The ids of table ${table} belong to more than one table: ${id} is of another one.`);
  }
  return parsed.tableNumber;
}

function render(changes: readonly TableChange[]): string[] {
  const rows = changes.map(({ table, added, deleted, existing }) => {
    const unit = table === STORAGE_TABLE ? " files" : "";
    return [table, format(added), `${format(deleted)} of ${format(existing)}${unit}`];
  });
  const cells = [["table", "create", "delete"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row.map((cell, column) => `${cell.padEnd(widths[column] ?? 0)} |`).join(" "),
  );
  const [head = "", ...rest] = lines;
  return [head, "-".repeat(head.length), ...rest];
}

function format(count: number): string {
  return count.toLocaleString("en-US");
}

import { type Index, indexKey, type Table } from "./catalog.ts";
import type { IndexEntry, StoredDocument } from "./statements.ts";
import type { ConvexObject, ReadDocument } from "./types.ts";

/** What documents that are read or changed again and again need not be asked twice. Nobody changes what is in here. */
export interface ParsedDocument {
  document: ConvexObject;
  /** Where it stands in these indexes, in their order; null until somebody needs it. */
  indexed: { indexes: readonly Index[]; entries: readonly IndexEntry[] } | null;
}

/** What the text says. Nobody may change it: the next reader gets the same one. */
export function parsedDocument(read: ReadDocument): ConvexObject {
  return parsed(read).document;
}

/** Its entries in the indexes of its table, in their order. */
export function entriesOf({ indexes }: Table, stored: StoredDocument): readonly IndexEntry[] {
  const entry = parsed(stored);
  // A new schema gives the table another list.
  if (entry.indexed?.indexes !== indexes) {
    entry.indexed = { indexes, entries: indexes.map((index) => entryOf(index, entry.document)) };
  }
  return entry.indexed.entries;
}

/** Keeps what a document that was just written consists of; returns its entries, those of `old` where they stayed. */
export function keepParsed(
  table: Table,
  stored: StoredDocument,
  { document, old }: { document: ConvexObject; old?: StoredDocument },
): readonly IndexEntry[] {
  const { indexes } = table;
  const before = old && { document: parsedDocument(old), entries: entriesOf(table, old) };
  const entries = indexes.map((index, position) => {
    const entry = before?.entries[position];
    return entry && hasSameFields(index, before.document, document) ? entry : entryOf(index, document);
  });
  stored.parsed = { document, indexed: { indexes, entries } };
  return entries;
}

function parsed(read: ReadDocument): ParsedDocument {
  read.parsed ??= { document: JSON.parse(read.json) as ConvexObject, indexed: null };
  return read.parsed;
}

function entryOf(index: Index, document: ConvexObject): IndexEntry {
  return { indexId: index.id, key: indexKey(index, document) };
}

/** True when the fields of the key are plainly the same; false decides nothing. */
function hasSameFields(index: Index, old: ConvexObject, next: ConvexObject): boolean {
  for (const [name] of index.paths) {
    if (name === undefined || old[name] !== next[name]) return false;
  }
  return true;
}

import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { STORAGE_TABLE } from "../store/catalog.ts";
import type { ConvexJson, ConvexObject } from "../store/types.ts";
import { identifierProblem } from "../values/limits.ts";
import { csvRows } from "./csvRows.ts";
import { textLines } from "./textLines.ts";
import { readZip, type ZipEntry } from "./zipReader.ts";

export type ImportFormat = "csv" | "jsonLines" | "jsonArray" | "zip";

export interface ImportedTable {
  name: string;
  /** Reads the file anew at each call. */
  rows(): AsyncGenerator<ConvexObject>;
}

export interface ImportSource {
  tables: ImportedTable[];
  /** The bytes of a file of `_storage`. */
  file(storageId: string): AsyncIterable<Uint8Array> | null;
}

const JSON_ARRAY_BYTES_MAX = 16 * 1024 * 1024;

/** Opens an uploaded file. Rows are read, and found wrong, only when they are asked for. */
export async function openImport(
  path: string,
  { format, tableName }: { format: ImportFormat; tableName: string | null },
): Promise<ImportSource> {
  if (format === "zip") return openZip(path);
  if (tableName === null) throw new Error(`An import in the format ${format} needs a table name.`);
  checkTableName(tableName);
  const rows = {
    csv: () => csvObjects(createReadStream(path)),
    jsonLines: () => jsonLines(createReadStream(path)),
    jsonArray: () => jsonArray(path),
  }[format];
  return { tables: [{ name: tableName, rows }], file: () => null };
}

const DOCUMENTS = /^(?:.*\/)?([^/]+)\/documents\.jsonl$/;
const GENERATED_SCHEMA = /^(?:.*\/)?([^/]+)\/generated_schema\.jsonl$/;
const STORED_FILE = /^(?:.*\/)?_storage\/([^/.]+)(?:\.[^/]+)?$/;

async function openZip(path: string): Promise<ImportSource> {
  const entries = await readZip(path);
  const tables: ImportedTable[] = [];
  const files = new Map<string, ZipEntry>();
  for (const entry of entries) {
    if (entry.name.includes("_components/")) {
      throw new Error(`${entry.name}: components are not supported by the embedded deployment.`);
    }
    const schemaOf = GENERATED_SCHEMA.exec(entry.name)?.[1];
    if (schemaOf !== undefined) await checkGeneratedSchema(entry, schemaOf);
    const name = DOCUMENTS.exec(entry.name)?.[1];
    if (name !== undefined && (!name.startsWith("_") || name === STORAGE_TABLE)) {
      if (name !== STORAGE_TABLE) checkTableName(name);
      tables.push({ name, rows: () => jsonLines(entry.read()) });
    }
    const storageId = STORED_FILE.exec(entry.name)?.[1];
    if (storageId !== undefined && name === undefined) files.set(storageId, entry);
  }
  if (tables.length === 0) throw new Error("The zip file has no `<table>/documents.jsonl`.");
  return { tables, file: (storageId) => files.get(storageId)?.read() ?? null };
}

/** Older exports write integers and bytes as plain text and say so here; those would come out as strings. */
async function checkGeneratedSchema(entry: ZipEntry, table: string): Promise<void> {
  for await (const line of textLines(entry.read())) {
    if (!/\b(?:int64|float64|bytes)\b/.test(line)) continue;
    throw new Error(
      `${table}/generated_schema.jsonl describes values in an old form that is not supported; export again with a current Convex.`,
    );
  }
}

function checkTableName(name: string): void {
  const problem = identifierProblem(name) ?? (name.startsWith("_") ? "it is a system table" : null);
  if (problem !== null) throw new Error(`${JSON.stringify(name)} isn't a valid table name: ${problem}`);
}

async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ConvexObject> {
  let row = 0;
  for await (const line of textLines(chunks)) {
    row += 1;
    if (line.trim() !== "") yield toObject(parseRow(line, row), row);
  }
}

function parseRow(line: string, row: number): ConvexJson {
  try {
    return JSON.parse(line) as ConvexJson;
  } catch (error) {
    throw new Error(`Row ${row} wasn't valid JSON: ${error instanceof Error ? error.message : error}`);
  }
}

async function* jsonArray(path: string): AsyncGenerator<ConvexObject> {
  const { size } = await stat(path);
  if (size > JSON_ARRAY_BYTES_MAX) {
    throw new Error(
      `Import is too large for JSON (${size} bytes > maximum 16 MiB). Consider converting data to JSONLines`,
    );
  }
  let parsed: ConvexJson;
  try {
    parsed = JSON.parse(await readFile(path, "utf8")) as ConvexJson;
  } catch (error) {
    throw new Error(`Not valid JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!Array.isArray(parsed)) throw new Error("Not a JSON array");
  for (const [index, element] of parsed.entries()) yield toObject(element, index + 1);
}

async function* csvObjects(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ConvexObject> {
  let header: string[] | null = null;
  let row = 0;
  for await (const fields of csvRows(chunks)) {
    if (header === null) {
      header = fields.map((name) => name.trim());
      continue;
    }
    row += 1;
    if (fields.length !== header.length) {
      throw new Error(`CSV row ${row} doesn't have all of the fields in the header`);
    }
    yield Object.fromEntries(header.map((name, index) => [name, cellValue(fields[index] ?? "")]));
  }
  if (header === null) throw new Error("CSV file doesn't have headers");
}

/** What reads as a number is one; everything else is text. */
function cellValue(text: string): number | string {
  const isNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text);
  return isNumber && Number.isFinite(Number(text)) ? Number(text) : text;
}

function toObject(value: ConvexJson, row: number): ConvexObject {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
  throw new Error(`Row ${row} wasn't an object`);
}

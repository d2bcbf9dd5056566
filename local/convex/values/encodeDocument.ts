/** Documents as canonical JSON text (fields sorted, as Convex returns them), with their size and limits checked. */
import type { ConvexJson, ConvexObject } from "../store/types.ts";
import {
  ARRAY_LENGTH_MAX,
  DOCUMENT_BYTES_MAX,
  DOCUMENT_NESTING_MAX,
  FIELD_NAME_LENGTH_MAX,
  formatBytes,
  OBJECT_FIELDS_MAX,
} from "./limits.ts";

export interface EncodedDocument {
  json: string;
  /** Convex's size of the value, not the length of the text. */
  sizeBytes: number;
}

/** Throws an Error with Convex's text when the document breaks a limit or a rule on field names. */
export function encodeDocument(document: ConvexObject): EncodedDocument {
  sizeBytes = 0;
  for (const field of Object.keys(document)) {
    if (field.startsWith("_") && field !== "_id" && field !== "_creationTime") {
      throw new Error(
        `Field '${field}' starts with an underscore, which is only allowed for system fields like '_id'`,
      );
    }
  }
  const json = encodeObject(document, 1);
  if (sizeBytes > DOCUMENT_BYTES_MAX) {
    throw new Error(
      `Value is too large (${formatBytes(sizeBytes)} > maximum size ${formatBytes(DOCUMENT_BYTES_MAX)})`,
    );
  }
  return { json, sizeBytes };
}

/** Size of the document that is being encoded; encoding is synchronous. */
let sizeBytes = 0;

function encodeValue(value: ConvexJson, nesting: number): string {
  if (value === null || typeof value === "boolean") {
    sizeBytes += 1;
    return String(value);
  }
  if (typeof value === "number") {
    sizeBytes += 9;
    return encodeNumber(value);
  }
  if (typeof value === "string") return encodeText(value);
  if (Array.isArray(value)) return encodeArray(value, nesting + 1);
  return isSpecial(value) ? encodeSpecial(value) : encodeObject(value, nesting + 1);
}

/** Characters that JSON text holds as they are, one byte each. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;

function encodeText(value: string): string {
  if (PLAIN_TEXT.test(value)) {
    sizeBytes += 2 + value.length;
    return `"${value}"`;
  }
  sizeBytes += 2 + Buffer.byteLength(value);
  return JSON.stringify(value);
}

function encodeNumber(value: number): string {
  if (Number.isFinite(value) && !Object.is(value, -0)) return String(value);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return `{"$float":"${bytes.toString("base64")}"}`;
}

function encodeArray(value: ConvexJson[], nesting: number): string {
  checkNesting(nesting);
  if (value.length > ARRAY_LENGTH_MAX) {
    throw new Error(`Array length is too long (${value.length} > maximum length ${ARRAY_LENGTH_MAX})`);
  }
  sizeBytes += 2;
  let json = "[";
  for (const element of value) {
    if (json.length > 1) json += ",";
    json += encodeValue(element, nesting);
  }
  return `${json}]`;
}

const INSERTED_NAMES_MAX = 40;

function encodeObject(value: ConvexObject, nesting: number): string {
  checkNesting(nesting);
  const keys = sortedNames(value);
  if (keys.length > OBJECT_FIELDS_MAX) {
    throw new Error(`Object has too many fields (${keys.length} > maximum number ${OBJECT_FIELDS_MAX})`);
  }
  sizeBytes += 2;
  let json = "{";
  for (const key of keys) {
    const field = value[key];
    if (field === undefined) continue;
    sizeBytes += key.length + 1;
    if (json.length > 1) json += ",";
    json += encodedName(key) + encodeValue(field, nesting);
  }
  return `${json}}`;
}

/** Names are few and nearly in order: putting each in its place costs less than `sort`. */
function sortedNames(value: ConvexObject): string[] {
  const names = Object.keys(value);
  if (names.length > INSERTED_NAMES_MAX) return names.sort();
  for (let index = 1; index < names.length; index++) {
    const name = names[index] ?? "";
    let place = index;
    for (let before = names[place - 1]; before !== undefined && before > name; before = names[place - 1]) {
      names[place] = before;
      place -= 1;
    }
    names[place] = name;
  }
  return names;
}

/** True for the one-field objects that stand for values which JSON lacks. */
export function isSpecial(value: ConvexObject): boolean {
  for (const key in value) return key.startsWith("$");
  return false;
}

function encodeSpecial(value: ConvexObject): string {
  const [tag = "", content] = Object.entries(value)[0] ?? [];
  if (tag !== "$integer" && tag !== "$float" && tag !== "$bytes") {
    throw new Error(`Field name ${tag} starts with '$', which is reserved.`);
  }
  if (typeof content !== "string") throw new Error(`${tag} needs base64 text`);
  const length = Buffer.from(content, "base64").length;
  if (tag !== "$bytes" && length !== 8) throw new Error(`${tag} needs 8 bytes, got ${length}`);
  sizeBytes += tag === "$bytes" ? 2 + length : 9;
  return `{"${tag}":${JSON.stringify(content)}}`;
}

function checkNesting(nesting: number): void {
  if (nesting <= DOCUMENT_NESTING_MAX) return;
  throw new Error(
    `Document is too nested (nested ${nesting} levels deep > maximum nesting ${DOCUMENT_NESTING_MAX})`,
  );
}

/** Names are few and come again with every document; those of records that users fill must not pile up. */
const NAMES_MAX = 2000;
const encodedNames = new Map<string, string>();

/** A checked field name as JSON text, with its colon. */
function encodedName(name: string): string {
  const known = encodedNames.get(name);
  if (known !== undefined) return known;
  checkFieldName(name);
  const text = `${JSON.stringify(name)}:`;
  if (encodedNames.size < NAMES_MAX) encodedNames.set(name, text);
  return text;
}

function checkFieldName(name: string): void {
  if (name.startsWith("$")) throw new Error(`Field name ${name} starts with '$', which is reserved.`);
  const bad = /[^\x20-\x7e]/.exec(name);
  if (bad) {
    throw new Error(
      `Field name ${name} has invalid character ${JSON.stringify(bad[0])}: Field names can only contain non-control ASCII characters`,
    );
  }
  if (name.length > FIELD_NAME_LENGTH_MAX) {
    throw new Error(`Field name is too long (${name.length} > maximum ${FIELD_NAME_LENGTH_MAX})`);
  }
}

/** Document ids: Crockford base32 of [table number as varint | 16 bytes | fletcher16]. */
import { randomFillSync } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const INVALID = 0xff;
const DIGITS = new Uint8Array(128).fill(INVALID);
for (let digit = 0; digit < ALPHABET.length; digit += 1) DIGITS[ALPHABET.charCodeAt(digit)] = digit;

const BODY_BYTES = 16;
/** Milliseconds since the epoch. */
const TIME_BYTES = 6;
/** 1 + 16 + 2 bytes, and 5 + 16 + 2 bytes. */
const MIN_LENGTH = 31;
const MAX_LENGTH = 37;

export type ParsedDocumentId = { tableNumber: number; message?: undefined } | { message: string };

/**
 * A new id of the table, with 80 random bits behind the time: ids that are made together stand together in the index of ids, so
 * that a commit changes one page of it and not one for each document.
 */
export function newDocumentId(tableNumber: number): string {
  const body = randomBody();
  body.writeUIntBE(Date.now(), 0, TIME_BYTES);
  return encodeDocumentId(tableNumber, body);
}

/** `body` are the 16 bytes that tell documents of one table apart. */
export function encodeDocumentId(tableNumber: number, body: Uint8Array): string {
  const bytes: number[] = [];
  let rest = tableNumber;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  for (const byte of body) bytes.push(byte);
  const checksum = fletcher16(bytes, bytes.length);
  bytes.push(checksum & 0xff, checksum >> 8);
  return encodeBase32(bytes);
}

/** One operation asks several times about the same id, and requests share some. */
const KNOWN_IDS_MAX = 1000;
const knownIds = new Map<string, ParsedDocumentId>();

/** The table number of an id, or Convex's message when the text is no id. */
export function parseDocumentId(id: string): ParsedDocumentId {
  const known = knownIds.get(id);
  if (known !== undefined) return known;
  const parsed = parse(id);
  if (parsed.message !== undefined) return parsed;
  if (knownIds.size === KNOWN_IDS_MAX) knownIds.clear();
  knownIds.set(id, parsed);
  return parsed;
}

function parse(id: string): ParsedDocumentId {
  if (id.length < MIN_LENGTH || id.length > MAX_LENGTH) return invalidLength(id);
  const bytes = decodeBase32(id);
  if (bytes === null) return { message: "Unable to decode ID: ID wasn't valid base32" };
  let tableNumber = 0;
  let position = 0;
  for (;;) {
    const byte = bytes[position];
    if (byte === undefined || position > 4) return { message: "Unable to decode ID: Invalid table number" };
    tableNumber += (byte & 0x7f) * 2 ** (7 * position);
    position += 1;
    if (byte >= 0x80) continue;
    if (byte === 0) return { message: "Unable to decode ID: Invalid table number" };
    break;
  }
  if (tableNumber > 0xffff_ffff) return { message: "Unable to decode ID: Invalid table number" };
  const end = position + BODY_BYTES;
  if (bytes.length !== end + 2) return invalidLength(id);
  const found = (bytes[end] ?? 0) | ((bytes[end + 1] ?? 0) << 8);
  const expected = fletcher16(bytes, end);
  if (found !== expected) {
    return { message: `Unable to decode ID: Invalid ID version ${found} (expected ${expected})` };
  }
  return { tableNumber };
}

function invalidLength(id: string): ParsedDocumentId {
  return { message: `Unable to decode ID: Invalid ID length ${id.length}` };
}

function fletcher16(bytes: ArrayLike<number>, length: number): number {
  let low = 0;
  let high = 0;
  for (let index = 0; index < length; index += 1) {
    low = (low + (bytes[index] ?? 0)) & 0xff;
    high = (high + low) & 0xff;
  }
  return (high << 8) | low;
}

function encodeBase32(bytes: readonly number[]): string {
  let text = "";
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(pending >> bits) & 31];
    }
    pending &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET[(pending << (5 - bits)) & 31] : text;
}

/** Null for foreign characters and for padding bits that are not zero: one id has one spelling. */
function decodeBase32(text: string): Uint8Array | null {
  const bytes = new Uint8Array((text.length * 5) >> 3);
  let count = 0;
  let bits = 0;
  let pending = 0;
  for (let index = 0; index < text.length; index += 1) {
    const digit = DIGITS[text.charCodeAt(index)] ?? INVALID;
    if (digit === INVALID) return null;
    pending = (pending << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[count] = pending >> bits;
      count += 1;
      pending &= (1 << bits) - 1;
    }
  }
  return bits >= 5 || pending !== 0 ? null : bytes;
}

const pool = Buffer.alloc(BODY_BYTES * 256);
let poolPosition = pool.length;

function randomBody(): Buffer {
  if (poolPosition === pool.length) {
    randomFillSync(pool);
    poolPosition = 0;
  }
  poolPosition += BODY_BYTES;
  return pool.subarray(poolPosition - BODY_BYTES, poolPosition);
}

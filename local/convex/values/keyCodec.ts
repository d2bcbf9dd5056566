/** Index keys: byte strings whose memcmp order is Convex's order of values. */
import type { ConvexJson, ConvexObject } from "../store/types.ts";

const END = 0x00;
const UNDEFINED = 0x01;
const NULL = 0x02;
const INT64 = 0x03;
const FLOAT64 = 0x04;
const FALSE = 0x05;
const TRUE = 0x06;
const STRING = 0x07;
const BYTES = 0x08;
const ARRAY = 0x09;
const OBJECT = 0x0a;
/** Follows a complete value in no key: sorts after every continuation of a prefix. */
const AFTER = 0xff;

/** Encodes the values one after another; `undefined` is a missing field. */
export function encodeKey(values: readonly (ConvexJson | undefined)[]): Buffer {
  writer.reset();
  for (const value of values) writeValue(value);
  return writer.take();
}

/** The smallest key that is greater than `key`. */
export function keySuccessor(key: Uint8Array): Buffer {
  return followed(key, 0x00);
}

/** The exclusive upper end of all keys that start with the values of `prefix`. */
export function afterPrefix(prefix: Uint8Array): Buffer {
  return followed(prefix, AFTER);
}

function followed(key: Uint8Array, byte: number): Buffer {
  const longer = Buffer.allocUnsafe(key.length + 1);
  longer.set(key);
  longer[key.length] = byte;
  return longer;
}

export function compareKeys(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right);
}

class KeyWriter {
  #buffer = Buffer.allocUnsafe(1024);
  #length = 0;

  reset(): void {
    this.#length = 0;
  }

  take(): Buffer {
    const key = Buffer.allocUnsafe(this.#length);
    this.#buffer.copy(key, 0, 0, this.#length);
    return key;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length] = value;
    this.#length += 1;
  }

  /** Zero bytes are escaped as 00 FF so that the terminator 00 sorts before every longer string. */
  text(value: string): void {
    if (value.includes("\0")) {
      this.bytes(Buffer.from(value, "utf8"));
      return;
    }
    this.#reserve(value.length * 3 + 1);
    this.#length += this.#buffer.write(value, this.#length, "utf8");
    this.byte(END);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length * 2 + 1);
    for (const byte of value) {
      this.byte(byte);
      if (byte === 0) this.byte(0xff);
    }
    this.byte(END);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#buffer.writeDoubleBE(value, this.#length);
    this.#orderDouble();
  }

  doubleBits(littleEndian: Buffer): void {
    this.#reserve(8);
    this.#reversed(littleEndian);
    this.#orderDouble();
  }

  int64Bits(littleEndian: Buffer): void {
    this.#reserve(8);
    this.#reversed(littleEndian);
    this.#flip(this.#length, 0x80);
    this.#length += 8;
  }

  #reversed(littleEndian: Buffer): void {
    for (let index = 0; index < 8; index += 1) {
      this.#buffer[this.#length + index] = littleEndian[7 - index] ?? 0;
    }
  }

  #orderDouble(): void {
    const isNegative = ((this.#buffer[this.#length] ?? 0) & 0x80) !== 0;
    if (isNegative) for (let index = 0; index < 8; index += 1) this.#flip(this.#length + index, 0xff);
    else this.#flip(this.#length, 0x80);
    this.#length += 8;
  }

  #flip(position: number, mask: number): void {
    this.#buffer[position] = (this.#buffer[position] ?? 0) ^ mask;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + count));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** One scratch buffer is enough: encoding is synchronous. */
const writer = new KeyWriter();

function writeValue(value: ConvexJson | undefined): void {
  if (value === undefined) writer.byte(UNDEFINED);
  else if (value === null) writer.byte(NULL);
  else if (typeof value === "boolean") writer.byte(value ? TRUE : FALSE);
  else if (typeof value === "number") {
    writer.byte(FLOAT64);
    writer.double(value);
  } else if (typeof value === "string") {
    writer.byte(STRING);
    writer.text(value);
  } else if (Array.isArray(value)) {
    writer.byte(ARRAY);
    for (const element of value) writeValue(element);
    writer.byte(END);
  } else writeObject(value);
}

function writeObject(value: ConvexObject): void {
  const keys = Object.keys(value);
  const [first] = keys;
  if (first?.startsWith("$")) {
    writeSpecial(first, value[first]);
    return;
  }
  writer.byte(OBJECT);
  for (const key of keys.sort()) {
    writer.byte(STRING);
    writer.text(key);
    writeValue(value[key]);
  }
  writer.byte(END);
}

function writeSpecial(tag: string, content: ConvexJson | undefined): void {
  if (tag === "$undefined") {
    writer.byte(UNDEFINED);
    return;
  }
  if (typeof content !== "string") throw new Error(`${tag} needs base64 text`);
  const bytes = Buffer.from(content, "base64");
  if (tag === "$bytes") {
    writer.byte(BYTES);
    writer.bytes(bytes);
  } else if (tag === "$integer") {
    writer.byte(INT64);
    writer.int64Bits(bytes);
  } else if (tag === "$float") {
    writer.byte(FLOAT64);
    writer.doubleBits(bytes);
  } else {
    throw new Error(`Field name ${tag} starts with '$', which is reserved.`);
  }
}

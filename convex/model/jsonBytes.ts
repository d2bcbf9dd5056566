import { LongString } from "./prunedJson";

const encoder = new TextEncoder();
/** Quotes, colon and comma around a name or a value. */
const PUNCTUATION_BYTES = 4;

/** About how many bytes a part of a parsed body took, without writing it again. */
export function jsonBytes(value: unknown): number {
  if (value instanceof LongString) {
    return value.byteLength + PUNCTUATION_BYTES;
  }
  if (typeof value === "string") {
    return encoder.encode(value).length + PUNCTUATION_BYTES;
  }
  if (typeof value !== "object" || value === null) {
    return String(value).length + PUNCTUATION_BYTES;
  }
  return Object.entries(value).reduce(
    (sum, [name, item]) => sum + name.length + jsonBytes(item),
    PUNCTUATION_BYTES,
  );
}

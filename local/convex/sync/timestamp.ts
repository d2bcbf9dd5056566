import type { CommitTs } from "../store/types.ts";

/** A timestamp as the protocol writes it: base64 of eight bytes, little-endian. */
export function encodeTs(ts: CommitTs): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(ts);
  return bytes.toString("base64");
}

/** Throws a RangeError when `encoded` is not eight bytes. */
export function decodeTs(encoded: string): CommitTs {
  return Buffer.from(encoded, "base64").readBigUInt64LE();
}

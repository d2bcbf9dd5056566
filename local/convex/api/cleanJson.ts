import type { ConvexJson } from "../store/types.ts";

/** `format: "json"`: integers as decimal strings, bytes as base64, what JSON cannot say as text. */
export function cleanJson(value: ConvexJson): ConvexJson {
  if (value === null || typeof value !== "object") {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(cleanJson);
  }
  const { $integer, $float, $bytes } = value;
  if (typeof $integer === "string") {
    return Buffer.from($integer, "base64").readBigInt64LE().toString();
  }
  if (typeof $float === "string") {
    const float = Buffer.from($float, "base64").readDoubleLE();
    return Object.is(float, -0) ? 0 : String(float);
  }
  if (typeof $bytes === "string") {
    return $bytes;
  }
  return Object.fromEntries(Object.entries(value).map(([key, nested]) => [key, cleanJson(nested)]));
}

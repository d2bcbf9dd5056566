import type { ConvexJson } from "../store/types.ts";

/** How many characters a value has as JSON text, give or take those that it escapes and the digits of numbers. */
export function jsonLength(value: ConvexJson): number {
  if (typeof value === "string") return value.length + 2;
  if (value === null || typeof value !== "object") return 4;
  let length = 2;
  if (Array.isArray(value)) {
    for (const element of value) length += jsonLength(element) + 1;
    return length;
  }
  for (const name in value) length += name.length + 4 + jsonLength(value[name] ?? null);
  return length;
}

/** Values and validators in the notation of Convex's error messages. */
import type { ConvexJson, ConvexObject, ValidatorJson } from "../store/types.ts";
import { isSpecial } from "./encodeDocument.ts";

export function describeValue(value: ConvexJson): string {
  if (typeof value === "number") return describeNumber(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(describeValue).join(", ")}]`;
  if (isSpecial(value)) return describeSpecial(value);
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${key}: ${describeValue(value[key] ?? null)}`)
    .join(", ")}}`;
}

export function describeValidator(validator: ValidatorJson): string {
  switch (validator.type) {
    case "number":
      return "v.float64()";
    case "bigint":
      return "v.int64()";
    case "null":
    case "boolean":
    case "string":
    case "bytes":
    case "any":
    case "commitTs":
      return `v.${validator.type}()`;
    case "id":
      return `v.id("${validator.tableName}")`;
    case "literal":
      return `v.literal(${describeLiteral(validator.value)})`;
    case "array":
      return `v.array(${describeValidator(validator.value)})`;
    case "record":
      return `v.record(${describeValidator(validator.keys)}, ${describeValidator(validator.values.fieldType)})`;
    case "union":
      return `v.union(${validator.value.map(describeValidator).join(", ")})`;
    case "object":
      return `v.object({${describeFields(validator.value)}})`;
  }
}

export function describeLiteral(value: ConvexJson): string {
  if (typeof value === "number") return describeNumber(value);
  if (value !== null && typeof value === "object") return "$integer" in value ? "<bigint>" : "<number>";
  return JSON.stringify(value);
}

function describeFields(fields: Record<string, { fieldType: ValidatorJson; optional: boolean }>): string {
  return Object.entries(fields)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, { fieldType, optional }]) => {
      const text = describeValidator(fieldType);
      return `${name}: ${optional ? `v.optional(${text})` : text}`;
    })
    .join(", ");
}

function describeNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return `${Object.is(value, -0) ? "-0" : value}.0`;
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return String(value).replace("e+", "e");
}

function describeSpecial(value: ConvexObject): string {
  const [tag, content] = Object.entries(value)[0] ?? [];
  if (typeof content !== "string") return JSON.stringify(value);
  const bytes = Buffer.from(content, "base64");
  if (tag === "$integer" && bytes.length === 8) return bytes.readBigInt64LE().toString();
  if (tag === "$float" && bytes.length === 8) return describeNumber(bytes.readDoubleLE());
  return `b"${bytes.toString("hex")}"`;
}

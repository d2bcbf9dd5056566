import type { CommitTs, ConvexJson, ConvexObject } from "../store/types.ts";

/** Puts the commit timestamp (int64) where `{"$commitTs": null}` stands. Returns the same value when nothing does. */
export function resolveCommitTs<T extends ConvexJson>(value: T, ts: CommitTs): T;
export function resolveCommitTs(value: ConvexJson, ts: CommitTs): ConvexJson {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return resolveArray(value, ts);
  return "$commitTs" in value ? int64Json(ts) : resolveObject(value, ts);
}

function resolveArray(value: ConvexJson[], ts: CommitTs): ConvexJson[] {
  const resolved = value.map((element) => resolveCommitTs(element, ts));
  return resolved.every((element, index) => element === value[index]) ? value : resolved;
}

function resolveObject(value: ConvexObject, ts: CommitTs): ConvexObject {
  let resolved: ConvexObject | null = null;
  for (const key in value) {
    const field = value[key];
    if (field === null || typeof field !== "object") continue;
    const next = resolveCommitTs(field, ts);
    if (next === field) continue;
    resolved ??= { ...value };
    resolved[key] = next;
  }
  return resolved ?? value;
}

function int64Json(value: bigint): ConvexObject {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return { $integer: bytes.toString("base64") };
}

import { type ValidationOptions, validate } from "../values/validate.ts";
import type { ConvexObject, ValidatorJson } from "./types.ts";

/**
 * True when every field that differs between a document that matches `type` and its next version plainly matches too, so that
 * the rest need not be looked at again. False decides nothing: the whole document must be checked.
 */
export function changesFit(
  type: ValidatorJson,
  { old, next }: { old: ConvexObject; next: ConvexObject },
  options: ValidationOptions,
): boolean {
  if (type.type !== "object") return false;
  for (const name in next) {
    const value = next[name];
    if (value === undefined || value === old[name]) continue;
    const field = Object.hasOwn(type.value, name) ? type.value[name] : undefined;
    if (field === undefined || validate(field.fieldType, value, options) !== null) return false;
  }
  for (const name in old) {
    if (next[name] === undefined && type.value[name]?.optional !== true) return false;
  }
  return true;
}

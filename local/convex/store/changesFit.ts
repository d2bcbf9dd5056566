import { type ValidationOptions, validate } from "../values/validate.ts";
import type { ConvexObject, ValidatorJson } from "./types.ts";

/** Two versions of a document, of which the old one matches its table's type. */
export interface Versions {
  old: ConvexObject;
  next: ConvexObject;
  /** The fields that may differ. */
  names: readonly string[];
}

/**
 * True when every field that differs plainly matches `type` too, so that the rest need not be looked at again. False decides
 * nothing: the whole document must be checked.
 */
export function changesFit(
  type: ValidatorJson,
  { old, next, names }: Versions,
  options: ValidationOptions,
): boolean {
  if (type.type !== "object") return false;
  for (const name of names) {
    const value = next[name];
    if (value === old[name] && value !== undefined) continue;
    const field = Object.hasOwn(type.value, name) ? type.value[name] : undefined;
    if (field === undefined) return false;
    const fits = value === undefined ? field.optional : validate(field.fieldType, value, options) === null;
    if (!fits) return false;
  }
  return true;
}

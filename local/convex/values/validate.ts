/** Convex validators: arguments, return values and documents. */
import type { ConvexJson, ConvexObject, ValidatorJson } from "../store/types.ts";
import { describeLiteral, describeValidator, describeValue } from "./describe.ts";
import { isSpecial } from "./encodeDocument.ts";

export interface ValidationOptions {
  /** Name of the table that an id belongs to; null when the text is no id of an existing table. */
  tableOfId: (id: string) => string | null;
}

/** Null when the value matches, else Convex's message (without `ArgumentValidationError: ` and the like). */
export function validate(
  validator: ValidatorJson,
  value: ConvexJson,
  options: ValidationOptions,
): string | null {
  const failure = check(validator, value, options);
  if (failure === null) return null;
  const path = failure.path.length > 0 ? `Path: ${failure.path.reverse().join("")}` : "";
  return failure.message(path);
}

interface Failure {
  /** Innermost first. */
  path: string[];
  message: (path: string) => string;
}

function check(validator: ValidatorJson, value: ConvexJson, options: ValidationOptions): Failure | null {
  switch (validator.type) {
    case "any":
      return null;
    case "null":
      return value === null ? null : noMatch(validator, value);
    case "boolean":
    case "string":
      return typeof value === validator.type ? null : noMatch(validator, value);
    case "number":
      return typeof value === "number" || hasTag(value, "$float") ? null : noMatch(validator, value);
    case "bigint":
      return hasTag(value, "$integer") ? null : noMatch(validator, value);
    case "commitTs":
      return hasTag(value, "$integer") || hasTag(value, "$commitTs") ? null : noMatch(validator, value);
    case "bytes":
      return hasTag(value, "$bytes") ? null : noMatch(validator, value);
    case "literal":
      return checkLiteral(validator.value, value);
    case "id":
      return checkId(validator, value, options);
    case "array":
      return checkArray(validator, value, options);
    case "record":
      return checkRecord(validator, value, options);
    case "union":
      return checkUnion(validator, value, options);
    case "object":
      return checkObject(validator, value, options);
    default:
      validator satisfies never;
      throw new Error(`Unknown validator ${JSON.stringify(validator)}`);
  }
}

function checkLiteral(literal: ConvexJson, value: ConvexJson): Failure | null {
  if (value === literal || sameSpecial(literal, value)) return null;
  const text = `\`${describeValue(value)}\` does not match literal validator \`v.literal(${describeLiteral(literal)})\`.`;
  return { path: [], message: (path) => text + path };
}

function checkId(
  validator: ValidatorJson & { type: "id" },
  value: ConvexJson,
  { tableOfId }: ValidationOptions,
): Failure | null {
  const found = typeof value === "string" ? tableOfId(value) : null;
  if (found === null) return noMatch(validator, value);
  if (found === validator.tableName) return null;
  const origin = found.startsWith("_")
    ? `from a system table, which does not match the table name in validator`
    : `from table \`${found}\`, which does not match the table name in validator`;
  const text = `Found ID "${value}" ${origin} \`v.id("${validator.tableName}")\`.`;
  return { path: [], message: (path) => text + path };
}

function checkArray(
  validator: ValidatorJson & { type: "array" },
  value: ConvexJson,
  options: ValidationOptions,
): Failure | null {
  if (!Array.isArray(value)) return noMatch(validator, value);
  for (const [index, element] of value.entries()) {
    const failure = check(validator.value, element, options);
    if (failure) return within(failure, `[${index}]`);
  }
  return null;
}

function checkRecord(
  validator: ValidatorJson & { type: "record" },
  value: ConvexJson,
  options: ValidationOptions,
): Failure | null {
  if (!isPlainObject(value)) return noMatch(validator, value);
  for (const [key, element] of Object.entries(value)) {
    const keyFailure = check(validator.keys, key, options);
    if (keyFailure) return within(keyFailure, ".keys()");
    const failure = check(validator.values.fieldType, element, options);
    if (failure) return within(failure, ".values()");
  }
  return null;
}

function checkUnion(
  validator: ValidatorJson & { type: "union" },
  value: ConvexJson,
  options: ValidationOptions,
): Failure | null {
  const [only] = validator.value;
  if (only && validator.value.length === 1) return check(only, value, options);
  for (const member of validator.value) {
    if (check(member, value, options) === null) return null;
  }
  return noMatch(validator, value);
}

function checkObject(
  validator: ValidatorJson & { type: "object" },
  value: ConvexJson,
  options: ValidationOptions,
): Failure | null {
  if (!isPlainObject(value)) return noMatch(validator, value);
  const fields = validator.value;
  for (const name of sortedFields(fields)) {
    const field = fields[name];
    if (!field) continue;
    const element = value[name];
    if (element !== undefined) {
      const failure = check(field.fieldType, element, options);
      if (failure) return within(failure, `.${name}`);
    } else if (!field.optional) {
      return missingField(validator, value, name);
    }
  }
  for (const name in value) {
    if (value[name] !== undefined && !Object.hasOwn(fields, name)) return extraField(validator, value, name);
  }
  return null;
}

/** Convex reports the first wrong field in the order of names. */
function sortedFields(fields: object): string[] {
  let names = fieldNames.get(fields);
  if (!names) {
    names = Object.keys(fields).sort();
    fieldNames.set(fields, names);
  }
  return names;
}
const fieldNames = new WeakMap<object, string[]>();

function noMatch(validator: ValidatorJson, value: ConvexJson): Failure {
  return {
    path: [],
    message: (path) =>
      `Value does not match validator.\n${path}\nValue: ${describeValue(value)}\nValidator: ${describeValidator(validator)}`,
  };
}

function missingField(validator: ValidatorJson, value: ConvexObject, name: string): Failure {
  return {
    path: [],
    message: (path) =>
      `Object is missing the required field \`${name}\`. Consider wrapping the field validator in \`v.optional(...)\` if this is expected.\n${path}\nObject: ${describeValue(value)}\nValidator: ${describeValidator(validator)}`,
  };
}

function extraField(validator: ValidatorJson, value: ConvexObject, name: string): Failure {
  return {
    path: [],
    message: (path) =>
      `Object contains extra field \`${name}\` that is not in the validator.\n${path}\nObject: ${describeValue(value)}\nValidator: ${describeValidator(validator)}`,
  };
}

function within(failure: Failure, step: string): Failure {
  failure.path.push(step);
  return failure;
}

function isPlainObject(value: ConvexJson): value is ConvexObject {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !isSpecial(value);
}

function hasTag(value: ConvexJson, tag: string): boolean {
  return value !== null && typeof value === "object" && !Array.isArray(value) && Object.hasOwn(value, tag);
}

function sameSpecial(left: ConvexJson, right: ConvexJson): boolean {
  return left !== null && typeof left === "object" && JSON.stringify(left) === JSON.stringify(right);
}

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
  const failure = checkOf(validator)(value, options);
  if (failure === null) return null;
  const path = failure.path.length > 0 ? `Path: ${failure.path.reverse().join("")}` : "";
  return failure.message(path);
}

interface Failure {
  /** Innermost first. */
  path: string[];
  message: (path: string) => string;
}

type Check = (value: ConvexJson, options: ValidationOptions) => Failure | null;

/** Validators live as long as their push and are asked at every call, so each is turned into a function once. */
const checks = new WeakMap<ValidatorJson, Check>();

function checkOf(validator: ValidatorJson): Check {
  let check = checks.get(validator);
  if (!check) {
    check = compile(validator);
    checks.set(validator, check);
  }
  return check;
}

function compile(validator: ValidatorJson): Check {
  switch (validator.type) {
    case "any":
      return () => null;
    case "null":
      return (value) => (value === null ? null : noMatch(validator, value));
    case "boolean":
      return (value) => (typeof value === "boolean" ? null : noMatch(validator, value));
    case "string":
      return (value) => (typeof value === "string" ? null : noMatch(validator, value));
    case "number":
      return (value) =>
        typeof value === "number" || hasTag(value, "$float") ? null : noMatch(validator, value);
    case "bigint":
      return (value) => (hasTag(value, "$integer") ? null : noMatch(validator, value));
    case "commitTs":
      return (value) =>
        hasTag(value, "$integer") || hasTag(value, "$commitTs") ? null : noMatch(validator, value);
    case "bytes":
      return (value) => (hasTag(value, "$bytes") ? null : noMatch(validator, value));
    case "literal":
      return (value) => checkLiteral(validator.value, value);
    case "id":
      return (value, options) => checkId(validator, value, options);
    case "array":
      return compileArray(validator);
    case "record":
      return compileRecord(validator);
    case "union":
      return compileUnion(validator);
    case "object":
      return compileObject(validator);
    default:
      validator satisfies never;
      throw new Error(`Unknown validator ${JSON.stringify(validator)}`);
  }
}

function checkLiteral(literal: ConvexJson, value: ConvexJson): Failure | null {
  if (value === literal || sameSpecial(literal, value)) return null;
  return {
    path: [],
    message: (path) =>
      `\`${describeValue(value)}\` does not match literal validator \`v.literal(${describeLiteral(literal)})\`.${path}`,
  };
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

function compileArray(validator: ValidatorJson & { type: "array" }): Check {
  const checkElement = checkOf(validator.value);
  return (value, options) => {
    if (!Array.isArray(value)) return noMatch(validator, value);
    for (const [index, element] of value.entries()) {
      const failure = checkElement(element, options);
      if (failure) return within(failure, `[${index}]`);
    }
    return null;
  };
}

function compileRecord(validator: ValidatorJson & { type: "record" }): Check {
  const checkKey = checkOf(validator.keys);
  const checkElement = checkOf(validator.values.fieldType);
  return (value, options) => {
    if (!isPlainObject(value)) return noMatch(validator, value);
    for (const [key, element] of Object.entries(value)) {
      const keyFailure = checkKey(key, options);
      if (keyFailure) return within(keyFailure, ".keys()");
      const failure = checkElement(element, options);
      if (failure) return within(failure, ".values()");
    }
    return null;
  };
}

function compileUnion(validator: ValidatorJson & { type: "union" }): Check {
  const members = validator.value.map(checkOf);
  const [only] = members;
  if (only && members.length === 1) return only;
  return (value, options) => {
    for (const member of members) {
      if (member(value, options) === null) return null;
    }
    return noMatch(validator, value);
  };
}

function compileObject(validator: ValidatorJson & { type: "object" }): Check {
  // Convex reports the first wrong field in the order of names.
  const fields = Object.keys(validator.value)
    .sort()
    .flatMap((name) => {
      const field = validator.value[name];
      return field ? [{ name, optional: field.optional, check: checkOf(field.fieldType) }] : [];
    });
  return (value, options) => {
    if (!isPlainObject(value)) return noMatch(validator, value);
    let unknown = 0;
    for (const _ in value) unknown += 1;
    for (const { name, optional, check } of fields) {
      const element = value[name];
      if (element !== undefined) {
        unknown -= 1;
        const failure = check(element, options);
        if (failure) return within(failure, `.${name}`);
      } else if (!optional) {
        return missingField(validator, value, name);
      }
    }
    if (unknown === 0) return null;
    for (const name in value) {
      if (value[name] !== undefined && !Object.hasOwn(validator.value, name)) {
        return extraField(validator, value, name);
      }
    }
    return null;
  };
}

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

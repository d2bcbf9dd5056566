/** The expressions of `.filter()`, evaluated on documents. */
import { compareValues, jsonToConvex, type Value } from "convex/values";
import type { ConvexJson, ConvexObject } from "../store/types.ts";

type Operand = Value | undefined;

/** True when the document passes. Throws an Error when the expression has the wrong types. */
export function passesFilter(expression: ConvexJson, document: ConvexObject): boolean {
  return toBoolean(evaluate(expression, document));
}

/** The value at a dotted path, or undefined. */
export function fieldAt(document: ConvexObject, path: readonly string[]): ConvexJson | undefined {
  let value: ConvexJson | undefined = document;
  for (const name of path) {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, name) ? value[name] : undefined;
    if (value === undefined) return undefined;
  }
  return value;
}

function evaluate(expression: ConvexJson, document: ConvexObject): Operand {
  if (expression === null || typeof expression !== "object" || Array.isArray(expression)) {
    throw new Error(`Not a filter expression: ${JSON.stringify(expression)}`);
  }
  const [operator = "", argument = null] = Object.entries(expression)[0] ?? [];
  switch (operator) {
    case "$literal":
      return isUndefined(argument) ? undefined : jsonToConvex(argument);
    case "$field": {
      const value = typeof argument === "string" ? fieldAt(document, argument.split(".")) : undefined;
      return value === undefined ? undefined : jsonToConvex(value);
    }
    case "$and":
      return operands(argument).every((each) => toBoolean(evaluate(each, document)));
    case "$or":
      return operands(argument).some((each) => toBoolean(evaluate(each, document)));
    case "$not":
      return !toBoolean(evaluate(argument, document));
    case "$neg":
      return negate(evaluate(argument, document));
  }
  const [left = null, right = null] = operands(argument);
  return binary(operator, evaluate(left, document), evaluate(right, document));
}

function binary(operator: string, left: Operand, right: Operand): Operand {
  switch (operator) {
    case "$eq":
      return compareValues(left, right) === 0;
    case "$neq":
      return compareValues(left, right) !== 0;
    case "$lt":
      return compareValues(left, right) < 0;
    case "$lte":
      return compareValues(left, right) <= 0;
    case "$gt":
      return compareValues(left, right) > 0;
    case "$gte":
      return compareValues(left, right) >= 0;
    case "$add":
    case "$sub":
    case "$mul":
    case "$div":
    case "$mod":
      return arithmetic(operator, left, right);
  }
  throw new Error(`Unknown filter operator ${operator}`);
}

function arithmetic(
  operator: "$add" | "$sub" | "$mul" | "$div" | "$mod",
  left: Operand,
  right: Operand,
): Value {
  if (typeof left === "number" && typeof right === "number") {
    switch (operator) {
      case "$add":
        return left + right;
      case "$sub":
        return left - right;
      case "$mul":
        return left * right;
      case "$div":
        return left / right;
      case "$mod":
        return left % right;
    }
  }
  if (typeof left !== "bigint" || typeof right !== "bigint") {
    throw new Error(`Cannot ${operator.slice(1)} ${String(left)} and ${String(right)}`);
  }
  const result = int64Arithmetic(operator, left, right);
  if (BigInt.asIntN(64, result) !== result) {
    throw new Error(`Cannot ${operator.slice(1)} ${left} and ${right}: the result is out of range for Int64`);
  }
  return result;
}

function int64Arithmetic(
  operator: "$add" | "$sub" | "$mul" | "$div" | "$mod",
  left: bigint,
  right: bigint,
): bigint {
  switch (operator) {
    case "$add":
      return left + right;
    case "$sub":
      return left - right;
    case "$mul":
      return left * right;
    case "$div":
      return left / right;
    case "$mod":
      return left % right;
  }
}

function negate(value: Operand): Value {
  if (typeof value === "number") return -value;
  if (typeof value === "bigint") return BigInt.asIntN(64, -value);
  throw new Error(`Cannot negate ${String(value)}`);
}

function toBoolean(value: Operand): boolean {
  if (typeof value === "boolean") return value;
  throw new Error(`Expected a boolean in a filter, got ${String(value)}`);
}

function operands(argument: ConvexJson): ConvexJson[] {
  if (Array.isArray(argument)) return argument;
  throw new Error(`Expected a list of filter operands, got ${JSON.stringify(argument)}`);
}

function isUndefined(value: ConvexJson): boolean {
  return value !== null && typeof value === "object" && !Array.isArray(value) && "$undefined" in value;
}

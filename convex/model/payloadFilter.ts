import { type Infer, v } from "convex/values";
import { parsePath, valueAt } from "./payloadPath";

/** A condition on an event; an event runs when all of a webhook's conditions hold. */
export const vPayloadFilter = v.object({
  path: v.string(), // like `payload.action` or `event.type`
  operator: v.union(
    v.literal("equals"),
    v.literal("notEquals"),
    v.literal("contains"),
    v.literal("exists"),
    v.literal("missing"),
  ),
  value: v.optional(v.string()), // compared with the field's text; not used by exists and missing
});
export type PayloadFilter = Infer<typeof vPayloadFilter>;

const FILTERS_MAX = 20;

/** What is wrong with the conditions; null when nothing is. */
export function filtersProblem(filters: readonly PayloadFilter[]): string | null {
  if (filters.length > FILTERS_MAX) {
    return `There are ${filters.length} filters; at most ${FILTERS_MAX} are allowed.`;
  }
  for (const { path, operator, value } of filters) {
    if (parsePath(path) === null) {
      return `The filter's path ${path.slice(0, 60)} is not a path like payload.action or event.type.`;
    }
    if (operator !== "exists" && operator !== "missing" && value === undefined) {
      return `The filter on ${path} needs a value.`;
    }
  }
  return null;
}

/** The first condition that does not hold, in words; null when the event passes. */
export function failedFilter(
  filters: readonly PayloadFilter[],
  data: Readonly<Record<string, unknown>>,
): string | null {
  const failed = filters.find((filter) => !holds(filter, data));
  return failed ? `${failed.path} ${failed.operator} ${failed.value ?? ""}`.trim() : null;
}

function holds(
  { path, operator, value = "" }: PayloadFilter,
  data: Readonly<Record<string, unknown>>,
): boolean {
  const found = valueAt(data, parsePath(path) ?? []);
  switch (operator) {
    case "exists":
      return found.isFound && found.value !== null;
    case "missing":
      return !found.isFound || found.value === null;
    case "equals":
      return found.isFound && textOf(found.value) === value;
    case "notEquals":
      return !found.isFound || textOf(found.value) !== value;
    case "contains":
      return found.isFound && (isListWith(found.value, value) || isTextWith(found.value, value));
  }
}

function isListWith(field: unknown, value: string): boolean {
  return Array.isArray(field) && field.some((element) => textOf(element) === value);
}

function isTextWith(field: unknown, value: string): boolean {
  return typeof field === "string" && field.includes(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

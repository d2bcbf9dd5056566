/** Compiles `withIndex` expressions to one range of index keys. */
import { describeValue } from "../values/describe.ts";
import { afterPrefix, encodeKey, keySuccessor } from "../values/keyCodec.ts";
import type { Index } from "./catalog.ts";
import type { ConvexJson, RangeExpression } from "./types.ts";

/** `lower` inclusive, `upper` exclusive. */
export interface KeyBounds {
  lower: Buffer;
  upper: Buffer;
}

const EMPTY_PREFIX = Buffer.alloc(0);
/** Sorts before every key. An empty blob would do, but libsql binds it unreliably. */
const FIRST_KEY = Buffer.of(0x00);

export const ALL_KEYS: KeyBounds = { lower: FIRST_KEY, upper: afterPrefix(EMPTY_PREFIX) };

/** Throws an Error with Convex's text when the expressions do not fit the index. */
export function indexBounds(index: Index, expressions: readonly RangeExpression[]): KeyBounds {
  if (expressions.length === 0) return ALL_KEYS;
  const { equalities, inequality } = split(index, expressions);
  const prefix: ConvexJson[] = [];
  for (const field of index.fields) {
    const value = equalities.get(field);
    if (value === undefined) break;
    prefix.push(value);
  }
  checkFields(index, prefix.length, equalities, inequality?.field ?? null);
  const lowerValue = inequality?.lower;
  const upperValue = inequality?.upper;
  const prefixKey = encodeKey(prefix);
  let lower = prefixKey.length === 0 ? FIRST_KEY : prefixKey;
  if (lowerValue) {
    const key = encodeKey([...prefix, lowerValue.value]);
    lower = lowerValue.isInclusive ? key : afterPrefix(key);
  }
  let upper = afterPrefix(prefixKey);
  if (upperValue) {
    const key = encodeKey([...prefix, upperValue.value]);
    upper = upperValue.isInclusive ? afterPrefix(key) : key;
  } else if (!inequality && prefix.length === index.fields.length) {
    upper = keySuccessor(prefixKey);
  }
  return { lower, upper };
}

interface Bound {
  value: ConvexJson;
  isInclusive: boolean;
}
interface Inequality {
  field: string;
  lower?: Bound;
  upper?: Bound;
}

const COMPARATORS = { Eq: "==", Gt: ">", Gte: ">=", Lt: "<", Lte: "<=" };

function split(
  index: Index,
  expressions: readonly RangeExpression[],
): { equalities: Map<string, ConvexJson>; inequality: Inequality | null } {
  const equalities = new Map<string, ConvexJson>();
  let inequality: Inequality | null = null;
  for (const { type, fieldPath, value } of expressions) {
    if (type === "Eq") {
      if (equalities.has(fieldPath)) throw alreadyDefined("equality", type, fieldPath, value);
      equalities.set(fieldPath, value);
      continue;
    }
    inequality ??= { field: fieldPath };
    const side = type === "Lt" || type === "Lte" ? "upper" : "lower";
    if (inequality[side]) throw alreadyDefined(side, type, fieldPath, value);
    if (inequality.field !== fieldPath) {
      throw new Error(
        `Upper and lower bounds in \`range\` can only be applied to a single index field. This query against index ${index.table}.${index.name} attempted to set a range bound on both "${inequality.field}" and "${fieldPath}". Consider using \`filter\` instead. See https://docs.convex.dev/using/indexes for more info.`,
      );
    }
    inequality[side] = { value, isInclusive: type === "Gte" || type === "Lte" };
  }
  if (inequality && equalities.has(inequality.field)) {
    throw alreadyDefined("inequality", "Eq", inequality.field, equalities.get(inequality.field) ?? null);
  }
  return { equalities, inequality };
}

function alreadyDefined(
  kind: string,
  type: RangeExpression["type"],
  field: string,
  value: ConvexJson,
): Error {
  return new Error(
    `Already defined ${kind} bound in index range. Can't add "${field}" ${COMPARATORS[type]} ${describeValue(value)}.`,
  );
}

function checkFields(
  index: Index,
  prefixLength: number,
  equalities: ReadonlyMap<string, ConvexJson>,
  inequalityField: string | null,
): void {
  const queried = [...equalities.keys(), ...(inequalityField === null ? [] : [inequalityField])];
  const name = `${index.table}.${index.name}`;
  const fields = describeFields(index.fields.filter((field) => field !== "_id" || index.name === "by_id"));
  for (const field of queried) {
    if (index.fields.includes(field)) continue;
    throw new Error(
      `The index range included a comparison with "${field}", but ${name} with fields ${fields} doesn't index this field. For more information see https://docs.convex.dev/using/indexes.`,
    );
  }
  const usable = index.fields.slice(0, prefixLength);
  const wrong =
    [...equalities.keys()].find((field) => !usable.includes(field)) ??
    (inequalityField !== null && index.fields[prefixLength] !== inequalityField ? inequalityField : null);
  if (wrong === null || wrong === undefined) return;
  throw new Error(
    `Tried to query index ${name} but the query didn't use the index fields in order.\nIndex fields: ${fields}\nQuery fields: ${describeFields(queried)}\nFirst incorrect field: ${wrong}\nFor more information see https://docs.convex.dev/using/indexes.`,
  );
}

function describeFields(fields: readonly string[]): string {
  return `[${fields.join(", ")}]`;
}

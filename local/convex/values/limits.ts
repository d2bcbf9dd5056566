/** Convex's limits on values and transactions. */

export const DOCUMENT_BYTES_MAX = 1 << 20;
/** A document is one level; each object or array inside adds one. */
export const DOCUMENT_NESTING_MAX = 16;
export const ARRAY_LENGTH_MAX = 8192;
export const OBJECT_FIELDS_MAX = 1024;
export const FIELD_NAME_LENGTH_MAX = 1024;
export const IDENTIFIER_LENGTH_MAX = 64;

export const TRANSACTION_LIMITS = {
  documentsRead: 32_000,
  bytesRead: 1 << 24,
  documentsWritten: 16_000,
  bytesWritten: 1 << 24,
  /** Distinct index ranges. */
  databaseQueries: 4096,
};

export const READ_LIMIT_HELP =
  "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective index range expressions.";

/** `1.05 MiB`, as Convex writes sizes. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${Number(amount.toFixed(2))} ${units[unit]}`;
}

/** Null when `name` may name a table or an index, else Convex's message. */
export function identifierProblem(name: string): string | null {
  if (name === "") return "Identifier cannot be empty";
  const first = name.charAt(0);
  if (!/[A-Za-z_]/.test(first)) {
    return `Invalid first character '${first}' in ${name}: Identifiers must start with an alphabetic character or underscore`;
  }
  const bad = /[^A-Za-z0-9_]/.exec(name);
  if (bad) {
    return `Identifier ${name} has invalid character '${bad[0]}': Identifiers can only contain alphanumeric characters or underscores`;
  }
  if (name.length > IDENTIFIER_LENGTH_MAX) {
    return `Identifier is too long (${name.length} > maximum ${IDENTIFIER_LENGTH_MAX})`;
  }
  return /^_+$/.test(name) ? `Identifier ${name} cannot have exclusively underscores` : null;
}

import type { CommitTs } from "../store/types.ts";

/** For which timestamps a query's result is right: from `ts` until before the first commit that touched it. */
export interface Validity {
  ts: CommitTs;
  invalidatedAt: CommitTs | null;
}

/**
 * The newest timestamp at which all results are right, at least `floor`; null when there is none, then some must be
 * evaluated again. `latest` is the newest commit that `invalidatedAt` accounts for.
 *
 * A result that a commit has overtaken may still be sent at an older timestamp that suits the others: so a query that
 * changes faster than it is evaluated still makes progress.
 */
export function commonTimestamp(
  results: Iterable<Validity>,
  { latest, floor }: { latest: CommitTs; floor: CommitTs },
): CommitTs | null {
  let newest = latest;
  let oldest = floor;
  for (const { ts, invalidatedAt } of results) {
    if (ts > oldest) {
      oldest = ts;
    }
    if (invalidatedAt !== null && invalidatedAt <= newest) {
      newest = invalidatedAt - 1n;
    }
  }
  return newest >= oldest ? newest : null;
}

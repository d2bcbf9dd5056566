/**
 * The first row or null, as `.first()` gives it, for an index range that holds one row at most. `.first()` asks again after
 * the row that it got, which is a call into the database more for every hit.
 */
export async function firstOf<Row>(rows: AsyncIterable<Row>): Promise<Row | null> {
  for await (const row of rows) return row;
  return null;
}

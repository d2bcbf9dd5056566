import type { IndexEntry } from "../store/statements.ts";
import type { ConvexObject } from "../store/types.ts";
import { fieldAt } from "../values/filterExpression.ts";
import { encodeKey } from "../values/keyCodec.ts";
import { tokenize } from "./tokenize.ts";

/** A full-text index: one entry of `index_entries` for each word of each document, with the key [word, _id]. */
export interface SearchIndex {
  id: number;
  table: string;
  /** Without the table: `search_body`. */
  name: string;
  searchField: string;
  filterFields: readonly string[];
}

/** What a document adds to the search indexes of its table. */
export function searchEntries(indexes: readonly SearchIndex[], document: ConvexObject): IndexEntry[] {
  return indexes.flatMap((index) =>
    [...new Set(searchedTokens(index, document))].map((token) => ({
      indexId: index.id,
      key: encodeKey([token, document._id]),
    })),
  );
}

/** The words of the indexed field; none when it is no text. */
export function searchedTokens(index: SearchIndex, document: ConvexObject): string[] {
  const text = fieldAt(document, index.searchField.split("."));
  return typeof text === "string" ? tokenize(text) : [];
}

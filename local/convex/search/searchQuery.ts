import { parsedDocument } from "../store/parsedDocument.ts";
import type { QueryContext } from "../store/queryStream.ts";
import type { IndexRow } from "../store/statements.ts";
import type { ConvexObject, SearchSource } from "../store/types.ts";
import { fieldAt } from "../values/filterExpression.ts";
import { afterPrefix, encodeKey, keySuccessor } from "../values/keyCodec.ts";
import { type SearchIndex, searchedTokens } from "./searchIndex.ts";
import { tokenize } from "./tokenize.ts";

const TERMS_MAX = 16;
const FILTERS_MAX = 8;
const RESULTS_MAX = 1024;
const BATCH_ROWS = 256;
/** The usual constants of BM25. */
const SATURATION = 1.2;
const LENGTH_WEIGHT = 0.75;
/** What a word counts that only starts with the last term of the query. */
const PREFIX_WEIGHT = 0.5;

interface Search {
  index: SearchIndex;
  terms: string[];
  filters: { path: string[]; key: Buffer }[];
}

interface Candidate {
  row: IndexRow;
  document: ConvexObject;
  tokens: string[];
}

/** The matching documents, best first: any term matches, the last one also as a prefix; equal ranks newest first. */
export function searchDocuments(context: QueryContext, source: SearchSource): IndexRow[] {
  const search = readSearch(context, source);
  const candidates = new Map<number, Candidate>();
  const documentsOfTerm = search.terms.map((term, position) =>
    collect(context, search, { term, isPrefix: position === search.terms.length - 1 }, candidates),
  );
  const matching = [...candidates.values()].filter(({ document }) => passes(search, document));
  const score = scorer(search, candidates, documentsOfTerm);
  return matching
    .map((candidate) => ({ candidate, score: score(candidate) }))
    .sort(
      (left, right) =>
        right.score - left.score ||
        Number(right.candidate.document._creationTime) - Number(left.candidate.document._creationTime),
    )
    .slice(0, RESULTS_MAX)
    .map(({ candidate }) => candidate.row);
}

function readSearch({ engine }: QueryContext, { indexName, filters }: SearchSource): Search {
  const index = engine.catalog.resolveSearchIndex(indexName);
  const searches = filters.filter((filter) => filter.type === "Search");
  const [search] = searches;
  if (search === undefined || searches.length > 1 || typeof search.value !== "string") {
    throw new Error(
      `A search query against ${indexName} needs exactly one search filter, q.search("${index.searchField}", …).`,
    );
  }
  if (search.fieldPath !== index.searchField) {
    throw new Error(
      `The search query against ${indexName} searches "${search.fieldPath}", but the indexed field is "${index.searchField}".`,
    );
  }
  const equalities = filters.filter((filter) => filter.type === "Eq");
  if (equalities.length > FILTERS_MAX) {
    throw new Error(
      `The search query against ${indexName} has ${equalities.length} filter conditions; the limit is ${FILTERS_MAX}.`,
    );
  }
  for (const { fieldPath } of equalities) {
    if (index.filterFields.includes(fieldPath)) continue;
    throw new Error(
      `The search query against ${indexName} filters by "${fieldPath}", which is not one of the index's filterFields.`,
    );
  }
  return {
    index,
    terms: [...new Set(tokenize(search.value))].slice(0, TERMS_MAX),
    filters: equalities.map(({ fieldPath, value }) => ({
      path: fieldPath.split("."),
      key: encodeKey([value]),
    })),
  };
}

/** Reads the documents that hold a term, and records that range of words as read. Returns how many there are. */
function collect(
  { engine, reads }: QueryContext,
  { index }: Search,
  { term, isPrefix }: { term: string; isPrefix: boolean },
  candidates: Map<number, Candidate>,
): number {
  const key = encodeKey([term]);
  // Without the terminator of the text, the key is a prefix of those of all longer words.
  const prefix = isPrefix ? key.subarray(0, -1) : key;
  const upper = afterPrefix(prefix);
  reads.add({ indexId: index.id, lower: prefix, upper });
  const found = new Set<number>();
  for (let lower: Buffer = prefix; ; ) {
    const rows = engine.pending.scan("asc", index.id, lower, upper, BATCH_ROWS);
    for (const row of rows) {
      found.add(row.doc);
      if (candidates.has(row.doc)) continue;
      const document = parsedDocument(row);
      candidates.set(row.doc, { row, document, tokens: searchedTokens(index, document) });
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH_ROWS) return found.size;
    lower = keySuccessor(last.key);
  }
}

function passes({ filters }: Search, document: ConvexObject): boolean {
  return filters.every(({ path, key }) => encodeKey([fieldAt(document, path)]).equals(key));
}

/** BM25; the average length is that of the candidates, and the number of documents theirs too. */
function scorer(
  { terms }: Search,
  candidates: ReadonlyMap<number, Candidate>,
  documentsOfTerm: readonly number[],
): (candidate: Candidate) => number {
  let length = 0;
  for (const { tokens } of candidates.values()) length += tokens.length;
  const averageLength = length / Math.max(1, candidates.size);
  const rarities = documentsOfTerm.map((count) =>
    Math.log(1 + (candidates.size - count + 0.5) / (count + 0.5)),
  );
  return ({ tokens }) => {
    const norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * (tokens.length / averageLength));
    return terms.reduce((sum, term, position) => {
      const frequency = termFrequency(tokens, term, position === terms.length - 1);
      return sum + ((rarities[position] ?? 0) * frequency * (SATURATION + 1)) / (frequency + norm);
    }, 0);
  };
}

function termFrequency(tokens: readonly string[], term: string, isPrefix: boolean): number {
  let frequency = 0;
  for (const token of tokens) {
    if (token === term) frequency += 1;
    else if (isPrefix && token.startsWith(term)) frequency += PREFIX_WEIGHT;
  }
  return frequency;
}

const SENTENCES_KEPT = 4;
const SENTENCE = /(?:[^.!?\n]|[.!?](?!\s))*(?:[.!?](?=\s)|\n)/g;

export type Sentence = { at: number; sentence: string };

/** The last whole sentences of a growing text, each with its place, which stays the same as the text grows. */
export function newSentences(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  for (const match of text.matchAll(SENTENCE)) {
    const sentence = match[0].replace(/[`*_#>|]+/g, "").trim();
    if (sentence !== "") sentences.push({ at: match.index, sentence });
  }
  return sentences.slice(-SENTENCES_KEPT);
}

const TOKEN = /[\p{L}\p{N}]+/gu;
/** Longer words are not indexed, as in Convex. */
const TOKEN_BYTES_MAX = 32;

/** The words of a text, in order, in lower case. */
export function tokenize(text: string): string[] {
  const tokens = text.toLowerCase().match(TOKEN) ?? [];
  return tokens.filter((token) => Buffer.byteLength(token) < TOKEN_BYTES_MAX);
}

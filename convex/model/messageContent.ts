/** At most three UTF-8 bytes per code unit: 690 kB, below a document's 1 MiB. */
const PART_CODE_UNITS_MAX = 230_000;

/** Cuts a text into parts that fit into one document each, never inside a surrogate pair. */
export function splitContent(content: string): string[] {
  const parts: string[] = [];
  let start = 0;
  do {
    let end = Math.min(start + PART_CODE_UNITS_MAX, content.length);
    if (end < content.length && isHighSurrogate(content.charCodeAt(end - 1))) end -= 1;
    parts.push(content.slice(start, end));
    start = end;
  } while (start < content.length);
  return parts;
}

function isHighSurrogate(codeUnit: number): boolean {
  return codeUnit >= 0xd800 && codeUnit <= 0xdbff;
}

/** The content of a user's turn as JSON text. */
export function promptContent(prompt: string): string {
  return JSON.stringify([{ type: "text", text: prompt }]);
}

export type Turn = { role: "user" | "assistant"; status: string; content: string };

/**
 * The JSON text of Anthropic's `messages` for a thread's turns, oldest first. A question counts only with its
 * answer; a complete answer goes in as it was received, of a stopped one only the text, because unsigned thinking
 * and half a tool call are refused by the API.
 */
export function historyJson(turns: Turn[], prompt: string): string {
  const messages: string[] = [];
  let question: string | null = null;
  for (const turn of turns) {
    if (turn.role === "user") {
      question = turn.content;
      continue;
    }
    const answer = answerForHistory(turn);
    if (question !== null && answer !== null) {
      messages.push(messageJson("user", question), messageJson("assistant", answer));
    }
    question = null;
  }
  messages.push(messageJson("user", promptContent(prompt)));
  return `[${messages.join(",")}]`;
}

function messageJson(role: Turn["role"], content: string): string {
  return `{"role":"${role}","content":${content}}`;
}

function answerForHistory(turn: Turn): string | null {
  if (turn.status !== "complete" && turn.status !== "stopped") return null;
  const blocks = parseBlocks(turn.content);
  if (turn.status === "complete") return blocks.length > 0 ? turn.content : null;
  const texts = blocks.filter(
    (block) => block.type === "text" && typeof block.text === "string" && block.text.trim() !== "",
  );
  return texts.length > 0 ? JSON.stringify(texts) : null;
}

export type ContentBlock = { type: string } & Record<string, unknown>;

/** Parses the JSON text of content blocks as Anthropic sent it. */
export function parseBlocks(content: string): ContentBlock[] {
  return JSON.parse(content) as ContentBlock[];
}

/**
 * The blocks as Convex values, for queries. Convex refuses some of what JSON allows: lone surrogates become U+FFFD,
 * and a block with a field name that is no Convex field name travels as `{type, json}`.
 */
export function blocksForQuery(content: string): ContentBlock[] {
  return parseBlocks(content).map((block) => {
    const value = wellFormed(block);
    return isConvexValue(value)
      ? (value as ContentBlock)
      : { type: wellFormedText(block.type), json: JSON.stringify(block) };
  });
}

function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return wellFormedText(value);
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, wellFormed(field)]));
}

function wellFormedText(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}

// Convex's limits for values (https://docs.convex.dev/production/state/limits); nesting leaves room for the answer around it.
const NESTING_MAX = 50;
const FIELDS_MAX = 1024;
const ELEMENTS_MAX = 8192;

function isConvexValue(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth > NESTING_MAX) return false;
  if (Array.isArray(value)) {
    return value.length <= ELEMENTS_MAX && value.every((element) => isConvexValue(element, depth + 1));
  }
  const fields = Object.entries(value);
  return (
    fields.length <= FIELDS_MAX &&
    fields.every(([name, field]) => isFieldName(name) && isConvexValue(field, depth + 1))
  );
}

function isFieldName(name: string): boolean {
  return /^[\x20-\x7e]{1,1024}$/.test(name) && !name.startsWith("$");
}

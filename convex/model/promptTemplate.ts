import { type PathStep, parsePath, valueAt } from "./payloadPath";

/** What is wrong with a template, or with the payload that it meets. */
export class TemplateError extends Error {}

interface Insertion {
  pathText: string;
  path: PathStep[];
  isJson: boolean;
  defaultText: string | null;
}

type Part = string | Insertion;

const ROOTS = ["payload", "event"];
const PIPE = /\s*\|\s*(?:(json)|default\s+"((?:[^"\\]|\\.)*)")\s*/y;

/**
 * Fills a template: `{{ payload.issue.title }}`, `{{ payload.body | default "none" }}`, `{{ payload.labels | json }}`;
 * a literal `{{` is written `\{{`. Throws TemplateError that names the path when there is no value and no default.
 */
export function renderTemplate(template: string, data: Readonly<Record<string, unknown>>): string {
  return parseTemplate(template)
    .map((part) => (typeof part === "string" ? part : inserted(part, data)))
    .join("");
}

/** The problem of a template by itself, whatever the payload; null when there is none. */
export function templateProblem(template: string): string | null {
  try {
    parseTemplate(template);
    return null;
  } catch (error) {
    if (error instanceof TemplateError) {
      return error.message;
    }
    throw error;
  }
}

function parseTemplate(template: string): Part[] {
  const parts: Part[] = [];
  let position = 0;
  for (;;) {
    const open = template.indexOf("{{", position);
    if (open === -1) {
      parts.push(template.slice(position));
      return parts;
    }
    if (template[open - 1] === "\\" && open > position) {
      parts.push(`${template.slice(position, open - 1)}{{`);
      position = open + 2;
      continue;
    }
    const close = endOfInsertion(template, open + 2);
    parts.push(template.slice(position, open), parseInsertion(template.slice(open + 2, close)));
    position = close + 2;
  }
}

/** Where the `}}` stands that ends an insertion; those inside quotes do not count. */
function endOfInsertion(template: string, start: number): number {
  let isQuoted = false;
  for (let at = start; at < template.length; at++) {
    const character = template[at];
    if (isQuoted && character === "\\") {
      at++;
    } else if (character === '"') {
      isQuoted = !isQuoted;
    } else if (!isQuoted && template.startsWith("}}", at)) {
      return at;
    }
  }
  throw new TemplateError(`{{${shown(template.slice(start))} has no closing }}. Write a literal {{ as \\{{.`);
}

function parseInsertion(text: string): Insertion {
  const pathText = /^\s*((?:"(?:[^"\\]|\\.)*"|[^|\s"])*)/.exec(text)?.[1] ?? "";
  const path = parsePath(pathText);
  const [root] = path ?? [];
  if (path === null || typeof root !== "string" || !ROOTS.includes(root)) {
    throw new TemplateError(
      `{{${shown(text)}}} is not a path. Paths start with payload or event, like payload.issue.title or payload.items[0].`,
    );
  }
  const insertion: Insertion = { pathText, path, isJson: false, defaultText: null };
  PIPE.lastIndex = text.indexOf(pathText) + pathText.length;
  while (text.slice(PIPE.lastIndex).trim() !== "") {
    const start = PIPE.lastIndex;
    const match = PIPE.exec(text);
    if (match === null) {
      throw new TemplateError(
        `{{${shown(text)}}}: ${shown(text.slice(start).trim())} is not known after a path. Use | json or | default "text".`,
      );
    }
    insertion.isJson ||= match[1] !== undefined;
    insertion.defaultText = match[2] === undefined ? insertion.defaultText : unescaped(match[2]);
  }
  return insertion;
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text.replaceAll("\n", "\\n")}"`);
  } catch {
    throw new TemplateError(`The default "${shown(text)}" is not a JSON string.`);
  }
}

function inserted(insertion: Insertion, data: Readonly<Record<string, unknown>>): string {
  const { path, pathText, isJson, defaultText } = insertion;
  const found = valueAt(data, path);
  if (!found.isFound || (found.value === null && !isJson)) {
    if (defaultText === null) {
      const what = found.isFound ? "is null" : "is missing";
      throw new TemplateError(
        `${pathText} ${what} in this event. Give it a default: {{ ${pathText} | default "…" }}.`,
      );
    }
    return isJson ? JSON.stringify(defaultText) : defaultText;
  }
  if (isJson) {
    return JSON.stringify(found.value);
  }
  if (typeof found.value === "object") {
    const what = Array.isArray(found.value) ? "a list" : "an object";
    throw new TemplateError(
      `${pathText} is ${what} in this event. Insert it as JSON: {{ ${pathText} | json }}.`,
    );
  }
  return String(found.value);
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

import { LongString } from "./prunedJson";
import type { Advisor, Demand } from "./reservation";

const BYTES_PER_TOKEN = 2;
const IMAGE_TOKENS = 5_000;
const PDF_PAGE_TOKENS = 3_000;
/** A PDF's pages cannot be counted without inflating it; a page below this size is rare. */
const PDF_PAGE_BYTES = 2_000;
/** For web searches and advisors without `max_uses`. */
const USES_DEFAULT = 20;

export interface TreeFacts {
  depth: number;
  cacheTtl: Demand["cacheTtl"];
}

/** Depth of a JSON tree (stops counting past `depthMax`) and the dearest cache write it asks for. */
export function inspectTree(tree: unknown, depthMax: number): TreeFacts {
  const facts: TreeFacts = { depth: 0, cacheTtl: "none" };
  visit(tree, 1, facts, depthMax);
  return facts;
}

function visit(value: unknown, depth: number, facts: TreeFacts, depthMax: number): void {
  if (typeof value !== "object" || value === null || value instanceof LongString) {
    return;
  }
  facts.depth = Math.max(facts.depth, depth);
  if (depth > depthMax) {
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) {
      visit(item, depth + 1, facts, depthMax);
    }
    return;
  }
  for (const [name, item] of Object.entries(value)) {
    if (name === "cache_control" && facts.cacheTtl !== "1h") {
      facts.cacheTtl = ttlOf(item);
    }
    visit(item, depth + 1, facts, depthMax);
  }
}

export interface ContentFacts {
  /** Bytes of base64 data: not text, counted by image and page instead. */
  dataBytes: number;
  /** Images and PDF pages in tokens. */
  mediaTokens: number;
  /** A document by URL, or a tool that fetches text: only the context window bounds it. */
  hasUnknownSize: boolean;
  /** Upstream's ids of files that the body refers to. */
  fileIds: string[];
}

/** What `messages` and `system` hold besides text. */
export function inspectContent(messages: readonly unknown[], system: unknown): ContentFacts {
  const facts: ContentFacts = { dataBytes: 0, mediaTokens: 0, hasUnknownSize: false, fileIds: [] };
  inspectBlocks(system, facts);
  for (const message of messages) {
    inspectBlocks(isObject(message) ? message.content : undefined, facts);
  }
  return facts;
}

function inspectBlocks(blocks: unknown, facts: ContentFacts): void {
  if (!Array.isArray(blocks)) {
    return;
  }
  for (const block of blocks) {
    if (!isObject(block)) {
      continue;
    }
    if (block.type === "image") {
      facts.mediaTokens += IMAGE_TOKENS;
      inspectSource(block.source, facts);
    } else if (block.type === "document") {
      inspectDocument(block.source, facts);
    } else if (block.type === "container_upload" && typeof block.file_id === "string") {
      facts.hasUnknownSize = true;
      facts.fileIds.push(block.file_id);
    } else {
      // Tool results and search results nest blocks.
      inspectBlocks(block.content, facts);
    }
  }
}

function inspectDocument(source: unknown, facts: ContentFacts): void {
  const dataBytes = inspectSource(source, facts);
  if (dataBytes > 0) {
    facts.mediaTokens += PDF_PAGE_TOKENS * Math.ceil((dataBytes * 3) / 4 / PDF_PAGE_BYTES);
  }
  if (isObject(source)) {
    facts.hasUnknownSize ||= source.type === "url" || source.type === "file";
    inspectBlocks(source.content, facts);
  }
}

/** Returns the bytes of base64 data in a source. */
function inspectSource(source: unknown, facts: ContentFacts): number {
  if (!isObject(source)) {
    return 0;
  }
  if (typeof source.file_id === "string") {
    facts.hasUnknownSize = true;
    facts.fileIds.push(source.file_id);
  }
  if (source.type !== "base64") {
    return 0;
  }
  const bytes =
    source.data instanceof LongString
      ? source.data.byteLength
      : typeof source.data === "string"
        ? source.data.length
        : 0;
  facts.dataBytes += bytes;
  return bytes;
}

/** Worst-case input tokens of a body; undefined where only the context window bounds them. */
export function inputTokensOf(bodyBytes: number, facts: ContentFacts, tools: ToolFacts): number | undefined {
  if (facts.hasUnknownSize || tools.hasServerInput) {
    return undefined;
  }
  return Math.ceil((bodyBytes - facts.dataBytes) / BYTES_PER_TOKEN) + facts.mediaTokens;
}

export interface ToolFacts {
  webSearchUses: number;
  /** Anthropic runs a tool whose results become input: search, fetch, code, MCP. */
  hasServerInput: boolean;
  advisors: Advisor[];
}

const SERVER_TOOL = /^(?:web_search|web_fetch|code_execution|tool_search|mcp)/;

/** Bounds on the tools that Anthropic itself runs. */
export function inspectTools(tools: readonly unknown[] | undefined, hasMcpServers: boolean): ToolFacts {
  const facts: ToolFacts = { webSearchUses: 0, hasServerInput: hasMcpServers, advisors: [] };
  for (const tool of tools ?? []) {
    if (isObject(tool) && typeof tool.model === "string" && String(tool.type).startsWith("advisor")) {
      facts.hasServerInput = true;
      facts.advisors.push(advisorOf(tool, tool.model));
    } else if (isObject(tool) && typeof tool.type === "string" && SERVER_TOOL.test(tool.type)) {
      facts.hasServerInput = true;
      if (tool.type.startsWith("web_search")) {
        facts.webSearchUses += count(tool.max_uses) ?? USES_DEFAULT;
      }
    }
  }
  return facts;
}

function advisorOf(tool: Readonly<Record<string, unknown>>, model: string): Advisor {
  const maxTokens = count(tool.max_tokens);
  return {
    model,
    uses: count(tool.max_uses) ?? USES_DEFAULT,
    ...(maxTokens !== null && { maxTokens }),
    cacheTtl: isObject(tool.caching) ? ttlOf(tool.caching) : "none",
  };
}

function count(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function ttlOf(cacheControl: unknown): "5m" | "1h" {
  return isObject(cacheControl) && cacheControl.ttl === "1h" ? "1h" : "5m";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

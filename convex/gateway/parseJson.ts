import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import { inspectTree, type TreeFacts } from "../model/messageDemand";
import { JsonSyntaxError, parsePrunedJson } from "../model/prunedJson";
import { GatewayError } from "./GatewayError";

// Convex's isolate has no `new Function`; mini comes without texts for its errors.
z.config({ ...en(), jitless: true });

/** No real request nests deeper; Anthropic's own limit is not published. */
const DEPTH_MAX = 200;
/** Larger bodies are never decoded or turned into a full tree. */
export const PARSED_BYTES_MAX = 4 * 1024 * 1024;
/** Brackets below this cannot make a tree of more than about 10 MB. */
const BRACKETS_MAX = 200_000;

const decoder = new TextDecoder("utf-8", { fatal: true });

export interface ParsedJson extends TreeFacts {
  tree: unknown;
}

/** The body as a tree; very large or bracket-ridden ones with long strings left out. Throws 400. */
export function parseJson(bytes: Uint8Array): ParsedJson {
  if (bytes.length === 0) {
    throw invalid("The request body is empty. Send JSON.");
  }
  const tree =
    bytes.length > PARSED_BYTES_MAX || hasManyBrackets(bytes) ? prunedTree(bytes) : fullTree(bytes);
  const facts = inspectTree(tree, DEPTH_MAX);
  if (facts.depth > DEPTH_MAX) {
    throw invalid(`The request body is nested deeper than ${DEPTH_MAX} levels.`);
  }
  return { tree, ...facts };
}

/** UTF-8 bytes as text. Throws 400 on anything else. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw invalid("The request body is not valid UTF-8.");
  }
}

/** Checks the fields that the gateway reads; all others pass. Throws 400 that names the first wrong one. */
export function checkShape<S extends z.ZodMiniType>(schema: S, tree: unknown): z.output<S> {
  const result = z.safeParse(schema, tree);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  const path = issue?.path.join(".") || "body";
  throw invalid(`${path}: ${issue?.message ?? "Invalid input"}`);
}

function fullTree(bytes: Uint8Array): unknown {
  const text = decodeText(bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notJson(error);
  }
}

function prunedTree(bytes: Uint8Array): unknown {
  try {
    return parsePrunedJson(bytes, DEPTH_MAX);
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      throw notJson(error);
    }
    throw error;
  }
}

function notJson(error: unknown): GatewayError {
  // V8 quotes the text around the error: at most the part before it may be shown back.
  const detail = error instanceof Error ? error.message.replace(/, (?:\.\.\.)?".*$/s, "") : "";
  return invalid(`The request body is not valid JSON: ${detail.slice(0, 200)}`);
}

function invalid(message: string): GatewayError {
  return new GatewayError("invalid_request_error", message);
}

function hasManyBrackets(bytes: Uint8Array): boolean {
  if (bytes.length <= BRACKETS_MAX) {
    return false;
  }
  let count = 0;
  for (const bracket of [0x5b, 0x7b]) {
    for (
      let at = bytes.indexOf(bracket);
      at !== -1 && count <= BRACKETS_MAX;
      at = bytes.indexOf(bracket, at + 1)
    ) {
      count++;
    }
  }
  return count > BRACKETS_MAX;
}

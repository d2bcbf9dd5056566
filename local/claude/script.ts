import * as z from "zod";
import { ApiError } from "./ApiError.ts";

const count = z.number().check(z.int(), z.nonnegative());
const headers = z.record(z.string(), z.string());
const toolUse = z.strictObject({
  name: z.string(),
  input: z.record(z.string(), z.unknown()),
  id: z.optional(z.string()),
});

/**
 * What a test may order for one request, in the header `x-simulated-script` or as `[[script {…}]]` in the last
 * user message. Times are milliseconds; "after n deltas" counts text deltas of a stream.
 */
const vScript = z.strictObject({
  /** The answer instead of the derived one; `repeat` times. Still cut at `max_tokens` unless `usage.output_tokens` is set. */
  text: z.optional(z.string()),
  repeat: z.optional(count),
  /** How many text deltas the answer is divided into (fewer if it has fewer characters). */
  deltas: z.optional(z.number().check(z.int(), z.positive())),
  /** Wait before the status line; before the first delta; between deltas. */
  headMs: z.optional(count),
  firstDeltaMs: z.optional(count),
  deltaMs: z.optional(count),
  /** How bytes are grouped into writes: one event, one byte, two pieces of each event, or the whole stream. */
  chunking: z.optional(z.enum(["event", "byte", "split", "whole"])),
  thinking: z.optional(z.string()),
  toolUse: z.optional(z.union([toolUse, z.array(toolUse)])),
  /** Anthropic's usage fields, merged over the computed ones; `startUsage` changes only `message_start`. */
  usage: z.optional(z.record(z.string(), z.unknown())),
  startUsage: z.optional(z.record(z.string(), z.unknown())),
  /** How many `message_delta` events carry the (cumulative) usage; default 1. */
  messageDeltas: z.optional(z.number().check(z.int(), z.positive())),
  /** The model that is named in the answer, as after a fallback. */
  servedModel: z.optional(z.string()),
  stopReason: z.optional(z.string()),
  stopSequence: z.optional(z.string()),
  stopDetails: z.optional(z.record(z.string(), z.unknown())),
  /** An HTTP error instead of an answer. `body` replaces the envelope, for answers that are not Anthropic's. */
  status: z.optional(z.number().check(z.int(), z.gte(200), z.lte(599))),
  error: z.optional(
    z.strictObject({
      type: z.optional(z.string()),
      message: z.optional(z.string()),
      headers: z.optional(headers),
      body: z.optional(z.string()),
    }),
  ),
  /** The error or silence is only for requests with this key, for this model, or for the first n with the same prompt. */
  onlyKey: z.optional(z.string()),
  onlyModel: z.optional(z.string()),
  firstTries: z.optional(count),
  /** The connection is reset before any answer. */
  resetBeforeHead: z.optional(z.boolean()),
  /** How long a batch takes; default 300. */
  batchMs: z.optional(count),
  /** Headers added to any answer; `content-type` included. */
  headers: z.optional(headers),
  /** So many `102 Processing` before the head, as a proxy may send them. */
  informational: z.optional(count),
  /** The answer is compressed although nobody asked for it; a stream then comes as one piece. */
  gzip: z.optional(z.boolean()),
  /** `event: error` after n deltas, then a clean end; type and message from `error` (default overloaded_error). */
  errorAfterDeltas: z.optional(count),
  /** Ends without `message_stop` after n deltas: socket reset, clean end of body, or reset inside an event. */
  cutAfterDeltas: z.optional(count),
  cut: z.optional(z.enum(["reset", "end", "halfEvent"])),
  /** Nothing at all is answered, or nothing more after n deltas, until the client leaves. */
  hang: z.optional(z.boolean()),
  hangAfterDeltas: z.optional(count),
  crlf: z.optional(z.boolean()),
  bom: z.optional(z.boolean()),
  /** Events of a made-up name, SSE comments, and pings among the deltas: this many of each after every delta. */
  unknownEvents: z.optional(count),
  comments: z.optional(count),
  pings: z.optional(count),
  /** Raw text sent after the first delta, whatever it is. */
  extraBytes: z.optional(z.string()),
  /** One delta whose text is this many bytes longer. */
  oversizedEventBytes: z.optional(count),
});

export type Script = z.infer<typeof vScript>;

const marker = "[[script ";

/** The script of a request (header fields win over the prompt's marker) and the prompt without its marker. */
export function readScript(header: string | undefined, prompt: string): { script: Script; prompt: string } {
  const start = prompt.indexOf(marker);
  if (start === -1) return { script: header === undefined ? {} : parseScript(header), prompt };
  const jsonStart = start + marker.length;
  const jsonEnd = endOfJsonObject(prompt, jsonStart);
  const fromPrompt = parseScript(prompt.slice(jsonStart, jsonEnd));
  const end = prompt.startsWith("]]", jsonEnd) ? jsonEnd + 2 : jsonEnd;
  return {
    script: header === undefined ? fromPrompt : { ...fromPrompt, ...parseScript(header) },
    prompt: (prompt.slice(0, start) + prompt.slice(end)).trim(),
  };
}

function parseScript(text: string): Script {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ApiError(
      "invalid_request_error",
      `simulated script: not JSON (${String(error)}): ${text.slice(0, 200)}`,
    );
  }
  const result = vScript.safeParse(value);
  if (result.success) return result.data;
  throw new ApiError("invalid_request_error", `simulated script: ${z.prettifyError(result.error)}`);
}

/** The index after the `}` that closes the object at `start`; braces inside strings do not count. */
function endOfJsonObject(text: string, start: number): number {
  let depth = 0;
  let isInString = false;
  for (let index = start; index < text.length; index++) {
    const character = text[index];
    if (isInString) {
      if (character === "\\") index++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{") depth++;
    else if (character === "}" && --depth === 0) return index + 1;
  }
  return text.length;
}

/** The request header that carries a script; characters beyond ASCII are escaped, since headers cannot hold them. */
export function scriptHeader(script: Script): { "x-simulated-script": string } {
  const json = JSON.stringify(script).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return { "x-simulated-script": json };
}

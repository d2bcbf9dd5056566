import type { SenderScheme } from "./senderScheme";

const ID_LENGTH_MAX = 200;
const FORM = "application/x-www-form-urlencoded";

/** What a verified body says. */
export interface ReadEvent {
  payload: Readonly<Record<string, unknown>>;
  /** The sender's own id of the event, for people to find it again; null when there is none. */
  id: string | null;
  type: string;
  /** Slack's question whether this URL is ours. */
  challenge: string | null;
}

/** Reads a JSON object or a form; null for anything else. */
export function readEvent(scheme: SenderScheme, headers: Headers, text: string): ReadEvent | null {
  const isForm = (headers.get("content-type") ?? "").toLowerCase().startsWith(FORM);
  const payload = isForm ? formPayload(text) : jsonObject(text);
  if (payload === null) {
    return null;
  }
  const isChallenge = scheme === "slack" && payload.type === "url_verification";
  return {
    payload,
    id: idOf(scheme, headers, payload),
    type: typeOf(scheme, headers, payload),
    challenge: isChallenge && typeof payload.challenge === "string" ? payload.challenge : null,
  };
}

function idOf(scheme: SenderScheme, headers: Headers, payload: ReadEvent["payload"]): string | null {
  switch (scheme) {
    case "github":
      return shortText(headers.get("x-github-delivery"));
    case "slack":
      return shortText(payload.event_id ?? payload.trigger_id);
    default:
      return shortText(payload.id);
  }
}

function typeOf(scheme: SenderScheme, headers: Headers, payload: ReadEvent["payload"]): string {
  const inner = payload.event;
  switch (scheme) {
    case "github":
      return shortText(headers.get("x-github-event")) ?? "";
    case "slack":
      return shortText(isObject(inner) ? inner.type : (payload.type ?? payload.command)) ?? "";
    default:
      return shortText(payload.type) ?? "";
  }
}

/** Slack and GitHub send JSON in a form's field `payload`; other forms are their fields. */
function formPayload(text: string): Readonly<Record<string, unknown>> | null {
  const fields = Object.fromEntries(new URLSearchParams(text));
  return fields.payload === undefined ? fields : jsonObject(fields.payload);
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    // Not JSON: the caller says what is accepted.
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shortText(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, ID_LENGTH_MAX) : null;
}

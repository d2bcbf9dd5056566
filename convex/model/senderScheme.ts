import { type Infer, v } from "convex/values";
import { encodeHex } from "./encodeHex";
import { isAnyOf, isSignedByAny, signedContent } from "./hmac";
import { standardContent, standardKey, standardSignatures } from "./standardWebhooks";

/** How a sender proves who it is. */
export const vSenderScheme = v.union(
  v.literal("standard"),
  v.literal("github"),
  v.literal("stripe"),
  v.literal("slack"),
  v.literal("bearer"),
);
export type SenderScheme = Infer<typeof vSenderScheme>;

const TOLERANCE_SECONDS = 300;
const SIGNATURES_MAX = 16;
const encoder = new TextEncoder();

export interface SentEvent {
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
  now: number;
}

/** A problem names what is wrong with the request, never what would have been right. */
export type Verdict = { ok: true; signedId: string | null } | { ok: false; problem: string };

type Verify = (event: SentEvent, secrets: readonly string[]) => Promise<Verdict>;

/**
 * Checks a request's exact bytes against the secrets in force. `signedId` is the sender's id of the event where the
 * signature covers one; a repeat can be told by it.
 */
export async function verifySender(
  scheme: SenderScheme,
  event: SentEvent,
  secrets: readonly string[],
): Promise<Verdict> {
  return await VERIFY[scheme](event, secrets);
}

const VERIFY: Record<SenderScheme, Verify> = {
  standard: verifyStandard,
  github: verifyGithub,
  stripe: verifyStripe,
  slack: verifySlack,
  bearer: verifyBearer,
};

async function verifyStandard(
  { headers, body, now }: SentEvent,
  secrets: readonly string[],
): Promise<Verdict> {
  // Svix's older senders use its own names for the same three headers.
  const header = (name: string) => headers.get(`webhook-${name}`) ?? headers.get(`svix-${name}`);
  const messageId = header("id");
  const time = freshSeconds(header("timestamp"), now);
  const signature = header("signature");
  if (messageId === null || messageId === "" || signature === null) {
    return refuse("The headers webhook-id, webhook-timestamp and webhook-signature are needed.");
  }
  if (typeof time !== "number") return time;
  const signatures = standardSignatures(signature).slice(0, SIGNATURES_MAX);
  if (signatures.length === 0) {
    return refuse("webhook-signature holds no v1 signature.");
  }
  const keys = secrets.flatMap((secret) => standardKey(secret) ?? []);
  const content = standardContent({ messageId, sentAtSeconds: time, body });
  return (await isSignedByAny(keys, content, signatures)) ? accept(messageId) : mismatch();
}

async function verifyGithub({ headers, body }: SentEvent, secrets: readonly string[]): Promise<Verdict> {
  const match = /^sha256=([0-9a-f]{64})$/.exec(headers.get("x-hub-signature-256") ?? "");
  if (!match?.[1]) {
    return refuse("The header X-Hub-Signature-256: sha256=<hex> is needed.");
  }
  const isValid = await isSignedByAny(keysOf(secrets), body, [bytesOfHex(match[1])]);
  // X-GitHub-Delivery is not signed: whoever replays a request could change it.
  return isValid ? accept(null) : mismatch();
}

async function verifyStripe({ headers, body, now }: SentEvent, secrets: readonly string[]): Promise<Verdict> {
  const entries = (headers.get("stripe-signature") ?? "").split(",").map((entry) => entry.trim().split("="));
  const time = freshSeconds(entries.find(([name]) => name === "t")?.[1] ?? null, now);
  if (typeof time !== "number") return time;
  const signatures = entries
    .filter(([name, value]) => name === "v1" && /^[0-9a-f]{64}$/.test(value ?? ""))
    .slice(0, SIGNATURES_MAX)
    .map(([, value = ""]) => bytesOfHex(value));
  if (signatures.length === 0) {
    return refuse("Stripe-Signature holds no v1 signature.");
  }
  const isValid = await isSignedByAny(keysOf(secrets), signedContent(`${time}.`, body), signatures);
  return isValid ? accept(null) : mismatch();
}

async function verifySlack({ headers, body, now }: SentEvent, secrets: readonly string[]): Promise<Verdict> {
  const time = freshSeconds(headers.get("x-slack-request-timestamp"), now);
  if (typeof time !== "number") return time;
  const match = /^v0=([0-9a-f]{64})$/.exec(headers.get("x-slack-signature") ?? "");
  if (!match?.[1]) {
    return refuse("The header X-Slack-Signature: v0=<hex> is needed.");
  }
  const content = signedContent(`v0:${time}:`, body);
  const isValid = await isSignedByAny(keysOf(secrets), content, [bytesOfHex(match[1])]);
  return isValid ? accept(null) : mismatch();
}

async function verifyBearer({ headers }: SentEvent, secrets: readonly string[]): Promise<Verdict> {
  const match = /^bearer[ \t]+(\S+)[ \t]*$/i.exec(headers.get("authorization")?.trim() ?? "");
  if (!match?.[1]) {
    return refuse("The header Authorization: Bearer <token> is needed.");
  }
  return (await isAnyOf(secrets, match[1]))
    ? accept(headers.get("webhook-id") ?? headers.get("idempotency-key"))
    : refuse("The token is not this webhook's.");
}

/** Unix seconds in their one canonical spelling, no more than five minutes from now. */
function freshSeconds(text: string | null, now: number): number | Extract<Verdict, { ok: false }> {
  if (text === null || !/^[1-9]\d{0,12}$/.test(text)) {
    return refuse("The timestamp is missing or not in Unix seconds.");
  }
  const seconds = Number(text);
  const awaySeconds = Math.abs(Math.floor(now / 1_000) - seconds);
  return awaySeconds <= TOLERANCE_SECONDS
    ? seconds
    : refuse(`The timestamp is ${awaySeconds} s away from now; at most ${TOLERANCE_SECONDS} s are accepted.`);
}

/** The dedupe key of a verified event: the sender's signed id, else what the scheme's signature covers. */
export async function dedupeKey(
  scheme: SenderScheme,
  { headers, body }: SentEvent,
  ids: { signedId: string | null; payloadId: string | null },
): Promise<string | null> {
  const signed = ids.signedId ?? (scheme === "stripe" || scheme === "slack" ? ids.payloadId : null);
  if (signed !== null) {
    return `id:${await sha256Hex(encoder.encode(signed))}`;
  }
  if (scheme === "bearer") {
    return null;
  }
  const prefix = scheme === "slack" ? `${headers.get("x-slack-request-timestamp")}:` : "";
  return `body:${await sha256Hex(signedContent(prefix, body))}`;
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

function accept(signedId: string | null): Verdict {
  return { ok: true, signedId };
}

function refuse(problem: string): Extract<Verdict, { ok: false }> {
  return { ok: false, problem };
}

function mismatch(): Verdict {
  return refuse(
    "The signature does not match this body. Sign the exact bytes that are sent, with this webhook's secret.",
  );
}

function keysOf(secrets: readonly string[]): Uint8Array<ArrayBuffer>[] {
  return secrets.map((secret) => encoder.encode(secret));
}

function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

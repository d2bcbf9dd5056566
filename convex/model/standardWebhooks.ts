import { decodeBase64, encodeBase64 } from "./base64";
import { hmac, signedContent } from "./hmac";

const PREFIX = "whsec_";
const VERSION = "v1";
const NEW_SECRET_BYTES = 32;
/** The specification's bounds. */
const SECRET_BYTES = { min: 24, max: 64 };

/** A fresh secret in the form that the Standard Webhooks libraries take; call it in actions only. */
export function newStandardSecret(): string {
  return PREFIX + encodeBase64(crypto.getRandomValues(new Uint8Array(NEW_SECRET_BYTES)));
}

/** The key of a `whsec_…` secret; null when it is none. */
export function standardKey(secret: string): Uint8Array<ArrayBuffer> | null {
  const key = secret.startsWith(PREFIX) ? decodeBase64(secret.slice(PREFIX.length)) : null;
  return key !== null && key.length >= SECRET_BYTES.min && key.length <= SECRET_BYTES.max ? key : null;
}

export interface SignedMessage {
  messageId: string;
  sentAtSeconds: number;
  body: Uint8Array;
}

/** What is signed: id, time and the exact bytes of the body. */
export function standardContent({ messageId, sentAtSeconds, body }: SignedMessage): Uint8Array<ArrayBuffer> {
  return signedContent(`${messageId}.${sentAtSeconds}.`, body);
}

/** The three headers of a message; one signature per secret, so that receivers may change over during a rotation. */
export async function standardHeaders(
  message: SignedMessage,
  secrets: readonly string[],
): Promise<Record<string, string>> {
  const content = standardContent(message);
  const signatures: string[] = [];
  for (const secret of secrets) {
    const key = standardKey(secret);
    if (key === null) {
      throw new Error("a destination's secret is not a whsec_ secret");
    }
    signatures.push(`${VERSION},${encodeBase64(await hmac(key, content))}`);
  }
  return {
    "webhook-id": message.messageId,
    "webhook-timestamp": String(message.sentAtSeconds),
    "webhook-signature": signatures.join(" "),
  };
}

/** The signatures of a version that this code can check; others are skipped, as the specification wants. */
export function standardSignatures(header: string): Uint8Array<ArrayBuffer>[] {
  return header.split(" ").flatMap((entry) => {
    const [version, signature = ""] = entry.split(",", 2);
    const bytes = version === VERSION ? decodeBase64(signature) : null;
    return bytes === null || bytes.length === 0 ? [] : [bytes];
  });
}

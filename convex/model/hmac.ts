const ALGORITHM = { name: "HMAC", hash: "SHA-256" };
const encoder = new TextEncoder();

async function importKey(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return await crypto.subtle.importKey("raw", secret, ALGORITHM, false, ["sign", "verify"]);
}

/** HMAC-SHA256. */
export async function hmac(secret: Uint8Array<ArrayBuffer>, message: BufferSource): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", await importKey(secret), message));
}

/** Whether any of the signatures is the message's under any of the secrets. Web Crypto compares in constant time. */
export async function isSignedByAny(
  secrets: readonly Uint8Array<ArrayBuffer>[],
  message: BufferSource,
  signatures: readonly Uint8Array<ArrayBuffer>[],
): Promise<boolean> {
  let isValid = false;
  for (const secret of secrets) {
    const key = await importKey(secret);
    for (const signature of signatures) {
      isValid = (await crypto.subtle.verify("HMAC", key, signature, message)) || isValid;
    }
  }
  return isValid;
}

/** Whether a text is one of the secrets, compared as HMACs under a key that exists for this comparison only. */
export async function isAnyOf(secrets: readonly string[], given: string): Promise<boolean> {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const signature = new Uint8Array(await hmac(key, encoder.encode(given)));
  let isEqual = false;
  for (const secret of secrets) {
    isEqual = (await isSignedByAny([key], encoder.encode(secret), [signature])) || isEqual;
  }
  return isEqual;
}

/** A prefix and the body's exact bytes in one piece. */
export function signedContent(prefix: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = encoder.encode(prefix);
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  return content;
}

import { encodeHex } from "./encodeHex";

const TOKEN_BYTES = 32;

/** A fresh single-use token for an invite or a reset link, 64 hex characters; call it in actions only, so that no mutation's record holds it. */
export function newLinkToken(): string {
  return encodeHex(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)));
}

/** SHA-256 in hex: the only form in which a token is stored or passed to a mutation. */
export async function hashLinkToken(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return encodeHex(new Uint8Array(digest));
}

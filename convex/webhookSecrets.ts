import { ConvexError } from "convex/values";
import { encryptionKey } from "./gateway/config";
import { GatewayError } from "./gateway/GatewayError";
import { encodeHex } from "./model/encodeHex";
import { inForce } from "./model/rotation";
import { openSecret, sealSecret } from "./model/sealedSecret";
import type { SenderScheme } from "./model/senderScheme";
import { newStandardSecret, standardKey } from "./model/standardWebhooks";
import type { SealedSecret } from "./model/webhookValidators";

const SECRET_LENGTH = { min: 16, max: 500 };
const NEW_SECRET_BYTES = 32;

/** What a secret is for; ciphertext of one purpose does not open for another. */
export type SecretPurpose = "webhook" | "destination";

/** A sender's secret, given by the sender or made here, and its form for the database. Only in actions. */
export async function newSenderSecret(
  scheme: SenderScheme,
  given: string | undefined,
): Promise<{ secret: string; sealed: string }> {
  const secret = given?.trim() ?? (scheme === "standard" ? newStandardSecret() : newPlainSecret());
  const isUsable =
    scheme === "standard"
      ? standardKey(secret) !== null
      : secret.length >= SECRET_LENGTH.min && secret.length <= SECRET_LENGTH.max && !/\s/.test(secret);
  if (!isUsable) {
    const form =
      scheme === "standard" ? "whsec_ and 24 to 64 bytes in base64" : "16 to 500 characters without spaces";
    throw new ConvexError({ code: "invalidSecret", message: `The secret must be ${form}.` });
  }
  return { secret, sealed: await seal(secret, "webhook") };
}

/** A destination's new secret. Only in actions. */
export async function newDestinationSecret(): Promise<{ secret: string; sealed: string }> {
  const secret = newStandardSecret();
  return { secret, sealed: await seal(secret, "destination") };
}

/** Throws ConvexError when the deployment cannot keep secrets. */
export async function seal(secret: string, purpose: SecretPurpose): Promise<string> {
  try {
    return await sealSecret(secret, purpose, encryptionKey());
  } catch (error) {
    throw error instanceof GatewayError
      ? new ConvexError({ code: "missingEncryptionKey", message: error.message })
      : error;
  }
}

/** The secrets in force, the current one first. Only in actions. */
export async function openSecrets(
  secret: SealedSecret,
  purpose: SecretPurpose,
  now: number,
): Promise<string[]> {
  const key = encryptionKey();
  return await Promise.all(inForce(secret, now).map((sealed) => openSecret(sealed, purpose, key)));
}

function newPlainSecret(): string {
  return encodeHex(crypto.getRandomValues(new Uint8Array(NEW_SECRET_BYTES)));
}

import { decodeBase64, encodeBase64 } from "./base64";

const VERSION = "v1";
const IV_BYTES = 12;
const KEY_BYTES = 32;

/** Encrypts a secret for the database: AES-256-GCM under the deployment's key, bound to what it is for. */
export async function sealSecret(secret: string, purpose: string, keyBase64: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const key = await importKey(keyBase64);
  const sealed = await crypto.subtle.encrypt(parameters(iv, purpose), key, new TextEncoder().encode(secret));
  return [VERSION, encodeBase64(iv), encodeBase64(new Uint8Array(sealed))].join(".");
}

/** The secret again. Throws when it was sealed under another key, for another purpose, or changed. */
export async function openSecret(sealed: string, purpose: string, keyBase64: string): Promise<string> {
  const [version, ivText = "", text = ""] = sealed.split(".");
  const iv = decodeBase64(ivText);
  const ciphertext = decodeBase64(text);
  if (version !== VERSION || iv === null || ciphertext === null) {
    throw new Error("a stored secret has an unknown form");
  }
  const key = await importKey(keyBase64);
  try {
    return new TextDecoder().decode(await crypto.subtle.decrypt(parameters(iv, purpose), key, ciphertext));
  } catch (cause) {
    throw new Error(
      "a stored secret does not open with GATEWAY_ENCRYPTION_KEY: it was stored under another one",
      {
        cause,
      },
    );
  }
}

/** Whether a text is a key: 32 bytes in base64. */
export function isEncryptionKey(keyBase64: string): boolean {
  return decodeBase64(keyBase64)?.length === KEY_BYTES;
}

function parameters(iv: Uint8Array<ArrayBuffer>, purpose: string): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(purpose) };
}

async function importKey(keyBase64: string): Promise<CryptoKey> {
  const bytes = decodeBase64(keyBase64);
  if (bytes?.length !== KEY_BYTES) {
    throw new Error("GATEWAY_ENCRYPTION_KEY is not 32 bytes in base64");
  }
  return await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

import { createHash } from "node:crypto";

const HASHES: Record<string, string> = {
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};
/** Above this a digest is worth the trip to another thread. */
const INLINE_BYTES_MAX = 64 * 1024;

/** Web Crypto, with short digests computed at once: Node's trip to its thread pool costs more than the hash. */
async function digest(algorithm: AlgorithmIdentifier, data: BufferSource): Promise<ArrayBuffer> {
  const name = (typeof algorithm === "string" ? algorithm : algorithm.name).toUpperCase();
  const hash = HASHES[name];
  if (hash === undefined || data.byteLength > INLINE_BYTES_MAX) return crypto.subtle.digest(algorithm, data);
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  return new Uint8Array(createHash(hash).update(bytes).digest()).buffer;
}

function ownMethods<T extends object>(target: T, own: Record<string, unknown>): T {
  return new Proxy(target, {
    get: (object, name) => {
      if (typeof name === "string" && name in own) return own[name];
      const value: unknown = Reflect.get(object, name);
      return typeof value === "function" ? value.bind(object) : value;
    },
  });
}

/** The `crypto` of functions. */
export const isolateCrypto = ownMethods(crypto, { subtle: ownMethods(crypto.subtle, { digest }) });

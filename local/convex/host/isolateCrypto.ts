import { createDecipheriv, createHash, createHmac, KeyObject, timingSafeEqual } from "node:crypto";

const HASHES: Record<string, string> = {
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};
/** Above this an operation is worth the trip to another thread. */
const INLINE_BYTES_MAX = 64 * 1024;
const GCM_TAG_BYTES = 16;
const native = crypto.subtle;

/**
 * Short operations, computed at once: Node's trip to its thread pool costs more than the work, and comes back a turn of the
 * event loop later. Everything unusual, and every error, is Web Crypto's own.
 */
const shortOperations = {
  digest: async (algorithm: AlgorithmIdentifier, data: BufferSource): Promise<ArrayBuffer> => {
    const hash = HASHES[nameOf(algorithm)];
    if (hash === undefined || data.byteLength > INLINE_BYTES_MAX) return native.digest(algorithm, data);
    return bufferOf(createHash(hash).update(bytesOf(data)).digest());
  },

  sign: async (...call: Parameters<SubtleCrypto["sign"]>): Promise<ArrayBuffer> => {
    const [algorithm, key, data] = call;
    const code = isFor(key, "sign", algorithm) ? shortHmac(key, data) : null;
    return code === null ? native.sign(...call) : bufferOf(code);
  },

  verify: async (...call: Parameters<SubtleCrypto["verify"]>): Promise<boolean> => {
    const [algorithm, key, signature, data] = call;
    const code = isFor(key, "verify", algorithm) ? shortHmac(key, data) : null;
    if (code === null) return native.verify(...call);
    return signature.byteLength === code.length && timingSafeEqual(bytesOf(signature), code);
  },

  decrypt: async (...call: Parameters<SubtleCrypto["decrypt"]>): Promise<ArrayBuffer> => {
    const [algorithm, key, data] = call;
    const text = isFor(key, "decrypt", algorithm) ? shortGcm(algorithm, key, data) : null;
    return text === null ? native.decrypt(...call) : bufferOf(text);
  },
};

function shortHmac(key: CryptoKey, data: BufferSource): Buffer | null {
  const hash =
    "hash" in key.algorithm ? HASHES[nameOf(key.algorithm.hash as AlgorithmIdentifier)] : undefined;
  if (hash === undefined || data.byteLength > INLINE_BYTES_MAX) return null;
  return createHmac(hash, KeyObject.from(key)).update(bytesOf(data)).digest();
}

/** Null also when the text was changed. */
function shortGcm(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Buffer | null {
  if (typeof algorithm === "string" || algorithm.name !== "AES-GCM" || !("length" in key.algorithm))
    return null;
  const { iv, additionalData, tagLength = GCM_TAG_BYTES * 8 } = algorithm as AesGcmParams;
  if (tagLength !== GCM_TAG_BYTES * 8 || data.byteLength > INLINE_BYTES_MAX) return null;
  const bytes = bytesOf(data);
  try {
    const decipher = createDecipheriv(
      `aes-${key.algorithm.length}-gcm` as "aes-256-gcm",
      KeyObject.from(key),
      bytesOf(iv),
    );
    if (additionalData) decipher.setAAD(bytesOf(additionalData));
    decipher.setAuthTag(bytes.subarray(-GCM_TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -GCM_TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}

/** Whether a key is one of this algorithm and may be used so. */
function isFor(key: CryptoKey, usage: KeyUsage, algorithm: AlgorithmIdentifier): boolean {
  return key.algorithm.name === nameOf(algorithm) && key.usages.includes(usage);
}

function nameOf(algorithm: AlgorithmIdentifier): string {
  return (typeof algorithm === "string" ? algorithm : algorithm.name).toUpperCase();
}

function bytesOf(data: BufferSource): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** Node's buffers may share a larger one. */
function bufferOf(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
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
export const isolateCrypto = ownMethods(crypto, { subtle: ownMethods(native, shortOperations) });

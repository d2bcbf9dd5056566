import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isolateCrypto } from "./isolateCrypto.ts";

const bytes = (length: number) => new Uint8Array(randomBytes(length));
const sizes = [0, 1, 300, 64 * 1024, 64 * 1024 + 1];

describe("crypto.subtle of functions", () => {
  it("gives what Web Crypto gives, for short and for long data", async () => {
    const secret = bytes(32);
    for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
      const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash }, false, [
        "sign",
        "verify",
      ]);
      for (const data of sizes.map(bytes)) {
        const signature = await crypto.subtle.sign("HMAC", key, data);
        expect(await isolateCrypto.subtle.sign("HMAC", key, data)).toEqual(signature);
        expect(await isolateCrypto.subtle.verify({ name: "hmac" }, key, signature, data)).toBe(true);
        expect(await isolateCrypto.subtle.verify("HMAC", key, bytes(20), data)).toBe(false);
        expect(await isolateCrypto.subtle.verify("HMAC", key, signature.slice(1), data)).toBe(false);
      }
    }
  });

  it("decrypts what Web Crypto encrypted", async () => {
    for (const keyBytes of [16, 32]) {
      const key = await crypto.subtle.importKey("raw", bytes(keyBytes), "AES-GCM", false, [
        "encrypt",
        "decrypt",
      ]);
      for (const additionalData of [undefined, bytes(7)]) {
        for (const data of sizes.map(bytes)) {
          const algorithm = { name: "AES-GCM", iv: bytes(12), ...(additionalData && { additionalData }) };
          const sealed = await crypto.subtle.encrypt(algorithm, key, data);
          expect(new Uint8Array(await isolateCrypto.subtle.decrypt(algorithm, key, sealed))).toEqual(data);
        }
      }
    }
  });

  it("refuses as Web Crypto does: changed and short texts, and keys that are for something else", async () => {
    const key = await crypto.subtle.importKey("raw", bytes(32), "AES-GCM", false, ["encrypt", "decrypt"]);
    const algorithm = { name: "AES-GCM", iv: bytes(12) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, bytes(40)));
    sealed[3] = (sealed[3] ?? 0) ^ 1;
    for (const text of [sealed, sealed.subarray(0, 15), new Uint8Array()]) {
      await expect(isolateCrypto.subtle.decrypt(algorithm, key, text)).rejects.toThrow(
        expect.objectContaining({ name: "OperationError" }),
      );
    }
    const signer = await crypto.subtle.importKey("raw", bytes(32), { name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
    ]);
    for (const attempt of [
      () => isolateCrypto.subtle.verify("HMAC", signer, bytes(32), bytes(1)),
      () => isolateCrypto.subtle.sign("HMAC", key, bytes(1)),
      () => isolateCrypto.subtle.decrypt(algorithm, signer, bytes(40)),
    ]) {
      await expect(attempt()).rejects.toThrow(expect.objectContaining({ name: "InvalidAccessError" }));
    }
  });
});

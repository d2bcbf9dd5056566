import { generateKeyPairSync, randomBytes } from "node:crypto";

/**
 * New secrets for a deployment: `JWT_PRIVATE_KEY` (RS256, PKCS#8 PEM on one line) and `JWKS` as Convex Auth reads
 * them, and `GATEWAY_ENCRYPTION_KEY` (32 bytes, base64).
 */
export function createSecrets(): { JWT_PRIVATE_KEY: string; JWKS: string; GATEWAY_ENCRYPTION_KEY: string } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return {
    JWT_PRIVATE_KEY: pem.trimEnd().replace(/\n/g, " "),
    JWKS: JSON.stringify({ keys: [{ use: "sig", ...publicKey.export({ format: "jwk" }) }] }),
    GATEWAY_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
  };
}

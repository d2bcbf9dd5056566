import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { ConvexObjectIdentity, Identity } from "../host/types.ts";
import type { ConvexJson } from "../store/types.ts";
import { AuthenticationError } from "./authenticationError.ts";

const KEY_FILE = "admin-key";

/**
 * The deployment's admin key, made once and kept in `dataDir` (readable by its owner only), so that the
 * key in a developer's `.env.local` stays right after a restart.
 */
export async function loadAdminKey(dataDir: string, instanceName: string): Promise<string> {
  const file = join(dataDir, KEY_FILE);
  await mkdir(dataDir, { recursive: true });
  const existing = await readFile(file, "utf8").catch(() => "");
  if (existing.trim() !== "") {
    return existing.trim();
  }
  const key = `${instanceName}|${randomBytes(32).toString("hex")}`;
  await writeFile(file, `${key}\n`, { mode: 0o600 });
  return key;
}

const actingAsSchema = z
  .object({
    issuer: z.string().optional(),
    subject: z.string().optional(),
    tokenIdentifier: z.string().optional(),
  })
  .catchall(z.json());

/** Completes the attributes that `convex run --identity` sends. */
export function toActingAs(value: unknown): ConvexObjectIdentity {
  const { issuer = "", subject = "", tokenIdentifier, ...claims } = actingAsSchema.parse(value);
  return {
    ...(claims as Record<string, ConvexJson>),
    issuer,
    subject,
    tokenIdentifier: tokenIdentifier ?? `${issuer}|${subject}`,
  };
}

/**
 * Checks `given` against the admin key. A type prefix (`dev:name|…`) is ignored; a suffix `:<base64 JSON>` makes
 * the admin act as that user. Throws AuthenticationError when the key is not this deployment's.
 */
export function checkAdminKey(adminKey: string, given: string): Identity {
  const bar = given.indexOf("|");
  const prefixEnd = given.indexOf(":");
  const key = prefixEnd !== -1 && prefixEnd < bar ? given.slice(prefixEnd + 1) : given;
  const suffixStart = key.indexOf(":", Math.max(key.indexOf("|"), 0));
  const bare = suffixStart === -1 ? key : key.slice(0, suffixStart);
  if (!sameText(bare, adminKey)) {
    throw new AuthenticationError(
      "BadDeployKey",
      "The provided deploy key or admin key was invalid for deployment. Please check that you are using the correct key for this deployment.",
    );
  }
  if (suffixStart === -1) {
    return { kind: "admin", actingAs: null };
  }
  try {
    const json = Buffer.from(key.slice(suffixStart + 1), "base64").toString("utf8");
    return { kind: "admin", actingAs: toActingAs(JSON.parse(json)) };
  } catch {
    throw new AuthenticationError(
      "InvalidAuthHeader",
      "The identity after the admin key must be base64 of a JSON object",
    );
  }
}

/** Compares digests, so that neither the length nor a common prefix of the secret can be measured. */
function sameText(left: string, right: string): boolean {
  return timingSafeEqual(sha256(left), sha256(right));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

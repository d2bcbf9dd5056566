import { defineApp } from "convex/server";
import { v } from "convex/values";

/**
 * The deployment's environment variables, all optional: a missing one is reported where it is needed,
 * with the command that sets it, instead of failing the push.
 */
export default defineApp({
  env: {
    /** The operator's key. `npx convex env set ANTHROPIC_API_KEY sk-ant-…`, or `simulated` for the simulated Claude. */
    ANTHROPIC_API_KEY: v.optional(v.string()),
    /** More keys, used in this order while those before them are over their limit or refused. */
    ANTHROPIC_API_KEY_2: v.optional(v.string()),
    ANTHROPIC_API_KEY_3: v.optional(v.string()),
    ANTHROPIC_API_KEY_4: v.optional(v.string()),
    /** Where Claude's API is; default `https://api.anthropic.com`. */
    ANTHROPIC_BASE_URL: v.optional(v.string()),
    /** RS256 private key (PKCS#8 PEM) that signs session tokens, and its public half. */
    JWT_PRIVATE_KEY: v.optional(v.string()),
    JWKS: v.optional(v.string()),
    /** The web app's exact origin: CORS of `/chat` and `/gateway/*`, invite links, Convex Auth. */
    SITE_URL: v.optional(v.string()),
    /** AES-256-GCM key (base64, 32 bytes) for secrets at rest. */
    GATEWAY_ENCRYPTION_KEY: v.optional(v.string()),
    /** How many requests the gateway runs at once; default 56, for a deployment that can run 64 (docs/scale.md). */
    GATEWAY_CONCURRENT_REQUESTS: v.optional(v.string()),
    /** `1` lets deliveries go to this machine itself, by http too. For the local deployment only. */
    ALLOW_LOOPBACK_CALLBACKS: v.optional(v.string()),
  },
});

"use node";

import { createHash } from "node:crypto";
import { actionGeneric as action, makeFunctionReference } from "convex/server";
import { v } from "convex/values";
import Database from "libsql";

/** Needs a package with a native part, which cannot be bundled. */
export const viaExternalPackage = action({
  args: {},
  handler: async () => {
    const db = new Database(":memory:");
    const row = db.prepare("SELECT 40 + 2 AS answer").get([]);
    db.close();
    return row;
  },
});

export const viaBuiltin = action({
  args: { text: v.string() },
  handler: async (_ctx, { text }) => ({
    hash: createHash("sha256").update(Buffer.from(text)).digest("hex"),
    hasProcess: typeof process.version === "string",
  }),
});

/** However a library reaches them. */
export const environment = action({
  args: {},
  handler: async () => [
    typeof process.env.CONFORMANCE_JWKS,
    typeof globalThis.process.env.CONFORMANCE_JWKS,
    typeof global.process.env.CONFORMANCE_JWKS,
    typeof globalThis.process.env.HOME,
  ],
});

const insert = makeFunctionReference<"mutation">("documents:insert");

export const callsMutation = action({
  args: {},
  handler: (ctx): Promise<string> => ctx.runMutation(insert, { value: { from: "node" } }),
});

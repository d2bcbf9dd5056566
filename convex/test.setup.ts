/// <reference types="vite/client" />
import { convexTest, type TestConvex } from "convex-test";
import type { Id } from "./_generated/dataModel";
import type { Role } from "./model/validators";
import schema from "./schema";

export type Backend = TestConvex<typeof schema>;

/** An empty deployment with this folder's functions. */
export function newBackend(): Backend {
  return convexTest(schema, import.meta.glob(["./**/*.{ts,js}", "!./**/*.*.ts"]));
}

const SESSION_MS = 60 * 60 * 1000;

/** A member without a password, and the backend as that member sees it. */
export async function newMember(backend: Backend, role: Role) {
  const email = `${role}-${crypto.randomUUID()}@example.com`;
  const { userId, memberId, sessionId } = await backend.run(async (ctx) => {
    const userId: Id<"users"> = await ctx.db.insert("users", { email });
    const memberId = await ctx.db.insert("members", { userId, email, role });
    const expirationTime = Date.now() + SESSION_MS;
    return { userId, memberId, sessionId: await ctx.db.insert("authSessions", { userId, expirationTime }) };
  });
  return { userId, memberId, email, as: backend.withIdentity({ subject: `${userId}|${sessionId}` }) };
}

/** A running row of the usage log, as admit writes it. */
export async function newRequest(backend: Backend, requestId: string, memberId: Id<"members">) {
  const now = Date.now();
  return await backend.run((ctx) =>
    ctx.db.insert("requests", {
      requestId,
      memberId,
      source: "chat",
      endpoint: "POST /chat",
      model: "claude-test",
      isStreaming: true,
      isDurable: true,
      status: "running",
      reservedNanoUsd: 1,
      inputTokensEstimate: 1,
      maxOutputTokens: 1,
      priceVersion: "test",
      startedAt: now,
      leaseExpiresAt: now + 60_000,
      slot: 0,
    }),
  );
}

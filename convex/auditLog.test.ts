import { describe, expect, test } from "vitest";
import { api, internal } from "./_generated/api";
import { newBackend, newMember } from "./test.setup";

const PAGE = { paginationOpts: { numItems: 50, cursor: null } };

describe("the audit log", () => {
  test("names who changed what, with the values before and after, and never a secret or its hash", async () => {
    const backend = newBackend();
    const admin = await newMember(backend, "admin");
    const { apiKeyId, secret } = await admin.as.action(api.apiKeys.create, {
      name: "laptop",
      limits: { requestsPerMinute: 5 },
    });
    await admin.as.mutation(api.apiKeys.revoke, { apiKeyId });
    const { page } = await admin.as.query(api.auditLog.list, PAGE);
    const target = { actor: admin.email, memberId: admin.memberId, target: "laptop", targetId: apiKeyId };
    expect(page).toMatchObject([
      { ...target, action: "key.revoke", after: { revokedAt: expect.any(Number) } },
      { ...target, action: "key.create", after: { limits: { requestsPerMinute: 5 } } },
    ]);
    const rows = await backend.run((ctx) => ctx.db.query("auditLog").collect());
    const { keyHash } = await backend.run(
      async (ctx) => (await ctx.db.get("apiKeys", apiKeyId)) ?? { keyHash: "" },
    );
    expect(keyHash).toHaveLength(64);
    for (const hidden of [secret, keyHash]) expect(JSON.stringify(rows)).not.toContain(hidden);
  });

  test("calls the operator the command line", async () => {
    const backend = newBackend();
    const owner = await newMember(backend, "owner");
    await backend.mutation(internal.admin.setPrice, {
      model: "local-model",
      inputUsdPerMillion: 0,
      outputUsdPerMillion: 0,
    });
    const { page } = await owner.as.query(api.auditLog.list, PAGE);
    expect(page).toMatchObject([{ actor: "command line", action: "price.set", target: "local-model" }]);
  });

  test("is for owners and admins alone, and a revocation that changes nothing adds nothing", async () => {
    const backend = newBackend();
    const member = await newMember(backend, "member");
    const { apiKeyId } = await member.as.action(api.apiKeys.create, { name: "ci", limits: {} });
    for (let n = 0; n < 2; n++) await member.as.mutation(api.apiKeys.revoke, { apiKeyId });
    expect(await backend.run((ctx) => ctx.db.query("auditLog").collect())).toHaveLength(2);
    await expect(member.as.query(api.auditLog.list, PAGE)).rejects.toMatchObject({
      data: { code: "forbidden" },
    });
  });
});

import { expect, test } from "vitest";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { PRICE_TABLE } from "./model/priceTable";
import { newBackend, newMember, newRequest } from "./test.setup";

test("a request that cannot be settled is named, holds up no other, and is settled once its model has a price", async () => {
  const backend = newBackend();
  const { memberId } = await newMember(backend, "member");
  const newRow = async (
    requestId: string,
    fields: { model?: string; priceVersion: string; slot: number },
  ) => {
    const rowId = await newRequest(backend, requestId, memberId);
    await backend.run((ctx) => ctx.db.patch("requests", rowId, fields));
    return rowId;
  };
  const statusOf = (rowId: Id<"requests">) =>
    backend.run(async (ctx) => (await ctx.db.get("requests", rowId))?.status);
  const unpriced = await newRow("req_unpriced", { priceVersion: "builtin:withdrawn", slot: 0 });
  const priced: Id<"requests">[] = [];
  for (let slot = 1; slot <= 30; slot++) {
    priced.push(
      await newRow(`req_${slot}`, { model: PRICE_TABLE[0]?.id, priceVersion: "builtin:test", slot }),
    );
  }
  const now = Date.now() + 61_000;
  await expect(backend.action(internal.requests.expireLeases, { now })).rejects.toThrow(unpriced);
  expect(await statusOf(unpriced)).toBe("running");
  expect(await Promise.all(priced.map(statusOf))).toEqual(priced.map(() => "expired"));

  const price = { model: "claude-test", inputUsdPerMillion: 1, outputUsdPerMillion: 5 };
  const effectiveFrom = new Date(now - 3_600_000).toISOString();
  await backend.mutation(internal.admin.setPrice, { ...price, effectiveFrom });
  await backend.action(internal.requests.expireLeases, { now });
  expect(await statusOf(unpriced)).toBe("expired");
});

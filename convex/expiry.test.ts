import { expect, test } from "vitest";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { PRICE_TABLE } from "./model/priceTable";
import { newBackend, newMember, newRequest } from "./test.setup";

test("a request that cannot be settled is named and holds up no other", async () => {
  const backend = newBackend();
  const { memberId } = await newMember(backend, "member");
  const model = PRICE_TABLE[0]?.id ?? "";
  const unpriced = await newRequest(backend, "req_unpriced", memberId);
  const priced: Id<"requests">[] = [];
  for (let slot = 1; slot <= 30; slot++) {
    const rowId = await newRequest(backend, `req_${slot}`, memberId);
    await backend.run((ctx) =>
      ctx.db.patch("requests", rowId, { model, priceVersion: "builtin:test", slot }),
    );
    priced.push(rowId);
  }
  const now = Date.now() + 61_000;
  await expect(backend.action(internal.requests.expireLeases, { now })).rejects.toThrow(
    `requests could not be settled: ${unpriced}`,
  );
  const statuses = await backend.run((ctx) =>
    Promise.all([unpriced, ...priced].map(async (rowId) => (await ctx.db.get("requests", rowId))?.status)),
  );
  expect(statuses).toEqual(["running", ...priced.map(() => "expired")]);
});

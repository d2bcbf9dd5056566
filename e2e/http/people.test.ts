import { describe, expect, it } from "vitest";
import { call, signUp } from "./chat.ts";
import { createKey, MODEL, post, question, type TestKey } from "./gateway.ts";
import { lastEvent, readStream } from "./streams.ts";

const paginationOpts = { numItems: 50, cursor: null };

interface Key {
  apiKeyId: string;
  name: string;
  lastFour: string;
  revokedAt?: number;
  memberEmail: string;
  usage: { windows: { window: string; settledNanoUsd: number }[] };
}
interface Summary {
  today: { requests: number; errors: number; costNanoUsd: number };
  days: { dayAt: number; requests: number }[];
}

describe("keys on the web", () => {
  it("are made, listed without their secret, used, shown in the log and revoked", async () => {
    const member = await signUp("member");
    const limits = { monthlyBudgetNanoUsd: 1_000_000_000, allowedModels: [MODEL] };
    const key = await call<TestKey>("action", "apiKeys:create", { name: "mine", limits }, member);
    expect((await post(question(), { key: key.secret })).status).toBe(200);
    const [listed] = await call<Key[]>("query", "apiKeys:list", {}, member);
    expect(listed).toMatchObject({ apiKeyId: key.apiKeyId, name: "mine", memberEmail: member.email });
    expect(key.secret.endsWith(listed?.lastFour ?? "?")).toBe(true);
    const { page } = await call<{ page: { keyName: string; costNanoUsd: number }[] }>(
      "query",
      "requests:list",
      { paginationOpts },
      member,
    );
    expect(page).toMatchObject([{ keyName: "mine", memberEmail: member.email, status: "succeeded" }]);
    expect(listed?.usage.windows).toMatchObject([{ window: "month", settledNanoUsd: page[0]?.costNanoUsd }]);
    const now = Date.now();
    const summary = await call<Summary>(
      "query",
      "usage:summary",
      { todayStartsAt: now - 3_600_000, monthStartsAt: now - 3_600_000 },
      member,
    );
    expect(summary.today).toMatchObject({ requests: 1, errors: 0, costNanoUsd: page[0]?.costNanoUsd });
    expect(summary.days).toHaveLength(1);
    await call("mutation", "apiKeys:revoke", { apiKeyId: key.apiKeyId }, member);
    expect((await post(question(), { key: key.secret })).status).toBe(401);
  });

  it("end their running streams within seconds of being revoked", async () => {
    const member = await signUp("member");
    const key = await call<TestKey>("action", "apiKeys:create", { name: "short", limits: {} }, member);
    const stream = await post(question({ stream: true }), {
      key: key.secret,
      script: { hangAfterDeltas: 1 },
    });
    await call("mutation", "apiKeys:revoke", { apiKeyId: key.apiKeyId }, member);
    expect(lastEvent((await readStream(stream)).text, "error").error?.type).toBe("permission_error");
  });

  it("of others are seen and revoked by admins only", async () => {
    const [member, admin, viewer] = [await signUp("member"), await signUp("admin"), await signUp("viewer")];
    const key = await createKey();
    const sees = async (who: typeof member) =>
      (await call<Key[]>("query", "apiKeys:list", {}, who)).some(
        (listed) => listed.apiKeyId === key.apiKeyId,
      );
    expect([await sees(member), await sees(viewer), await sees(admin)]).toEqual([false, false, true]);
    const revoke = (who: typeof member) =>
      call("mutation", "apiKeys:revoke", { apiKeyId: key.apiKeyId }, who);
    await expect(revoke(member)).rejects.toMatchObject({ data: { code: "notFound" } });
    await expect(revoke(viewer)).rejects.toMatchObject({ data: { code: "forbidden" } });
    await revoke(admin);
    expect((await post(question(), { key: key.secret })).status).toBe(401);
  });

  it("cannot be made with limits that make no sense", async () => {
    const member = await signUp("member");
    for (const limits of [
      { requestsPerMinute: 0 },
      { concurrentRequests: 1.5 },
      { monthlyBudgetNanoUsd: -1 },
      { allowedModels: [] },
    ]) {
      const create = call("action", "apiKeys:create", { name: "x", limits }, member);
      await expect(create).rejects.toMatchObject({ data: { code: "invalidKey" } });
    }
  });
});

it("without a session every public function refuses", async () => {
  const functions: ["query" | "mutation" | "action", string, object][] = [
    ["query", "apiKeys:list", {}],
    ["query", "requests:list", { paginationOpts }],
    ["query", "usage:summary", { todayStartsAt: 0, monthStartsAt: 0 }],
    ["query", "models:list", {}],
    ["query", "settings:get", {}],
    ["mutation", "requests:stop", { requestId: "x" }],
    ["action", "apiKeys:create", { name: "x", limits: {} }],
    ["action", "anthropic:callClaude", { prompt: "x" }],
  ];
  for (const [kind, path, args] of functions) {
    await expect(call(kind, path, args), path).rejects.toMatchObject({ data: { code: "unauthenticated" } });
  }
});

it("useAction(api.anthropic.callClaude) is metered like any other request", async () => {
  const member = await signUp("member");
  const answer = await call<{ text: string; costNanoUsd: number; requestId: string }>(
    "action",
    "anthropic:callClaude",
    { prompt: "Hello" },
    member,
  );
  expect(answer.text.length).toBeGreaterThan(10);
  const { page } = await call<{ page: object[] }>("query", "requests:list", { paginationOpts }, member);
  expect(page).toMatchObject([
    { requestId: answer.requestId, source: "action", costNanoUsd: answer.costNanoUsd, status: "succeeded" },
  ]);
});

import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createKey, journal, post, question, rowsOf, settledRow, shared } from "./gateway.ts";

function sessionHeaders(sessionId: string, agentId?: string, parentAgentId?: string): Record<string, string> {
  return {
    "x-claude-code-session-id": sessionId,
    ...(agentId && { "x-claude-code-agent-id": agentId }),
    ...(parentAgentId && { "x-claude-code-parent-agent-id": parentAgentId }),
  };
}

describe("Claude Code's gateway contract", () => {
  it("spend of a session is a tree of its agents, apart for each key that sends the id", async () => {
    const [key, other] = [await createKey(), await createKey()];
    const sessionId = randomUUID();
    const calls: [string | undefined, string | undefined][] = [
      [undefined, undefined],
      [undefined, undefined],
      ["explorer", undefined],
      ["reader", "explorer"],
    ];
    for (const [agentId, parent] of calls) {
      const response = await post(question(), {
        key: key.secret,
        path: "/v1/messages?beta=true",
        headers: sessionHeaders(sessionId, agentId, parent),
      });
      expect(response.status).toBe(200);
    }
    await post(question(), { key: other.secret, headers: sessionHeaders(sessionId) });
    const trees = (await shared.client.run("agentSessions:get", { sessionId })) as {
      lines: { agentId: string | null; depth: number; requests: number; totalNanoUsd: number }[];
    }[];
    const tree = trees.find(({ lines }) => lines.length === 3);
    expect(trees).toHaveLength(2);
    expect(tree?.lines.map(({ agentId, depth, requests }) => [agentId, depth, requests])).toEqual([
      [null, 0, 2],
      ["explorer", 1, 1],
      ["reader", 2, 1],
    ]);
    const spent = (await rowsOf(key)).reduce((sum, row) => sum + (row.costNanoUsd ?? 0), 0);
    expect(tree?.lines[0]?.totalNanoUsd).toBe(spent);
    expect(await shared.client.run("admin:session", { sessionId })).toHaveLength(2);
  });

  it("an id that is none is passed on and not recorded, and never opens or closes anything", async () => {
    const key = await createKey();
    const body = question();
    const headers = sessionHeaders(`${"x".repeat(300)} not an id`);
    expect((await post(body, { key: key.secret, headers })).status).toBe(200);
    expect(await settledRow(key)).not.toHaveProperty("session");
    const [entry] = await journal(body.messages[0]?.content ?? "");
    expect(entry?.headers["x-claude-code-session-id"]).toBe(headers["x-claude-code-session-id"]);
  });

  it("models are listed within 3 s for either credential, without a redirect, with id and display name", async () => {
    const { secret } = await createKey();
    const credentials: Record<string, string>[] = [
      { "x-api-key": secret },
      { authorization: `Bearer ${secret}` },
    ];
    for (const headers of credentials) {
      const startedAt = performance.now();
      const response = await fetch(`${shared.siteUrl}/v1/models?limit=1000`, { headers, redirect: "error" });
      expect(performance.now() - startedAt).toBeLessThan(3_000);
      const { data } = (await response.json()) as { data: { id: string; display_name: string }[] };
      expect(data.length).toBeGreaterThan(10);
      for (const model of data) {
        expect(model).toMatchObject({
          id: expect.stringMatching(/^claude-/),
          display_name: expect.any(String),
        });
      }
    }
  });

  it("the billing header's system block and a login token in its place reach Claude, or nobody, as they are", async () => {
    const { secret } = await createKey();
    const body = question({
      system: [{ type: "text", text: "x-anthropic-billing-header: cc_version=2.1.200; cc_entrypoint=cli;" }],
    });
    expect((await post(body, { key: secret, path: "/v1/messages?beta=true" })).status).toBe(200);
    const [entry] = await journal(body.messages[0]?.content ?? "");
    expect(entry?.body).toBe(JSON.stringify(body));
    const login = await post(question(), { headers: { authorization: "Bearer sk-ant-oat01-login-token" } });
    expect(login.status).toBe(401);
    expect(await login.text()).not.toContain("login-token");
  });
});

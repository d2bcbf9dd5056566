import { importJWK, SignJWT } from "jose";
import { describe, expect, inject, test } from "vitest";
import { behaviour, clear, liveClient, wire, wireClient } from "./target.ts";

describe("identity", () => {
  behaviour("nobody is null", async (target) => {
    expect(await target.query("identity:mine")).toBeNull();
  });

  behaviour("is what was asserted, with a tokenIdentifier", async (target) => {
    const identity = await target.as({ name: "Ada", subject: "ada" }).query("identity:mine");
    expect(identity).toMatchObject({
      name: "Ada",
      subject: "ada",
      tokenIdentifier: "https://convex.test|ada",
    });
  });

  behaviour("reaches queries, mutations and actions that an action calls", async (target) => {
    const ada = target.as({ name: "Ada", subject: "ada" });
    expect(await ada.action("identity:everywhere")).toEqual(["ada", "ada", "ada"]);
    expect(await ada.mutation("identity:nested")).toEqual(["ada", "ada"]);
  });

  behaviour("does not reach scheduled functions", async (target) => {
    await target.as({ subject: "ada" }).mutation("identity:scheduleRecord");
    await target.settle();
    expect(await target.query("documents:list")).toMatchObject([{ subject: null }]);
  });
});

describe("customJwt tokens", () => {
  const sign = async (
    claims: Record<string, unknown>,
    options: { issuer?: string; expires?: string; kid?: string } = {},
  ) => {
    const { issuer = "https://issuer.test", expires = "1h", kid = "conformance" } = options;
    return new SignJWT({ sub: "ada", ...claims })
      .setProtectedHeader({ alg: "ES256", kid, typ: "JWT" })
      .setIssuer(issuer)
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(await importJWK(inject("signingKey"), "ES256"));
  };
  const as = (token: string) => {
    const client = wireClient();
    client.setAuth(token);
    return wire(client);
  };

  test("are the identity over HTTP, with their claims under their own names", async () => {
    const token = await sign({ email: "ada@test", role: { name: "admin" } });
    expect(await as(token).query("identity:mine")).toMatchObject({
      subject: "ada",
      issuer: "https://issuer.test",
      tokenIdentifier: "https://issuer.test|ada",
      email: "ada@test",
      "role.name": "admin",
    });
  });

  test("are the identity of HTTP actions", async () => {
    const headers = { authorization: `Bearer ${await sign({})}` };
    expect(await (await wire().fetch("/identity", { headers })).text()).toBe("ada");
  });

  test("are the identity of sockets", async () => {
    await clear();
    await using client = liveClient();
    const token = await sign({ sub: "grace" });
    client.setAuth(async () => token);
    const { makeFunctionReference } = await import("convex/server");
    const identity = await client.query(makeFunctionReference<"query">("identity:mine"), {});
    expect(identity).toMatchObject({ subject: "grace" });
  });

  test("that are expired, of another issuer or signed with an unknown key are refused", async () => {
    const bad = [
      await sign({}, { expires: "-1h" }),
      await sign({}, { issuer: "https://other.test" }),
      await sign({}, { kid: "unknown" }),
      `${await sign({})}x`,
    ];
    for (const token of bad) await expect(as(token).query("identity:mine")).rejects.toThrow();
  });
});

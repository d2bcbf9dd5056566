import { exportJWK, exportPKCS8, generateKeyPair } from "jose";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { api, internal } from "./_generated/api";
import { hashLinkToken, newLinkToken } from "./model/linkToken";
import { type Backend, newBackend, newMember } from "./test.setup";

const DAY_MS = 24 * 60 * 60 * 1000;
const PASSWORD = "correct horse battery";

beforeAll(async () => {
  const keys = await generateKeyPair("RS256", { extractable: true });
  vi.stubEnv("JWT_PRIVATE_KEY", await exportPKCS8(keys.privateKey));
  vi.stubEnv("JWKS", JSON.stringify({ keys: [{ use: "sig", ...(await exportJWK(keys.publicKey)) }] }));
  vi.stubEnv("AUTH_LOG_LEVEL", "ERROR");
  vi.stubEnv("CONVEX_SITE_URL", "http://127.0.0.1:3211");
});

async function invite(backend: Backend, email: string, expiresAt = Date.now() + DAY_MS): Promise<string> {
  const token = newLinkToken();
  const tokenHash = await hashLinkToken(token);
  await backend.mutation(internal.invites.insert, { tokenHash, email, role: "member", expiresAt });
  return token;
}

function signUp(backend: Backend, params: { email: string; inviteToken?: string; password?: string }) {
  return backend.action(api.auth.signIn, {
    provider: "password",
    params: { flow: "signUp", password: PASSWORD, ...params },
  });
}

function signIn(backend: Backend, email: string, password: string) {
  return backend.action(api.auth.signIn, {
    provider: "password",
    params: { flow: "signIn", email, password },
  });
}

describe("sign-up", () => {
  test("an invite makes its address a member with its role, once", async () => {
    const backend = newBackend();
    const inviteToken = await invite(backend, "Ada@Example.com");
    const now = Date.now();
    expect(await backend.query(api.invites.check, { token: inviteToken, now })).toMatchObject({
      email: "ada@example.com",
      role: "member",
    });

    const { tokens } = await signUp(backend, { email: " ada@example.COM", inviteToken });
    expect(tokens?.token.split(".")).toHaveLength(3);
    const members = await backend.run((ctx) => ctx.db.query("members").collect());
    expect(members).toMatchObject([{ email: "ada@example.com", role: "member" }]);
    expect(await backend.query(api.invites.check, { token: inviteToken, now })).toBeNull();
    await expect(signUp(backend, { email: "ada@example.com", inviteToken })).rejects.toMatchObject({
      data: { code: "inviteRequired" },
    });
  });

  test("without a valid invite for that address nothing is created", async () => {
    const backend = newBackend();
    const inviteToken = await invite(backend, "ada@example.com");
    const expired = await invite(backend, "bob@example.com", Date.now() - 1);
    const attempts = [
      { email: "ada@example.com" },
      { email: "ada@example.com", inviteToken: "guess" },
      { email: "eve@example.com", inviteToken },
      { email: "bob@example.com", inviteToken: expired },
    ];
    for (const attempt of attempts) {
      await expect(signUp(backend, attempt)).rejects.toMatchObject({ data: { code: "inviteRequired" } });
    }
    expect(await backend.run((ctx) => ctx.db.query("users").collect())).toEqual([]);
    expect(await backend.run((ctx) => ctx.db.query("authAccounts").collect())).toEqual([]);
  });

  test("a password shorter than twelve characters is refused with a sentence that says so", async () => {
    const backend = newBackend();
    const inviteToken = await invite(backend, "ada@example.com");
    const attempt = signUp(backend, { email: "ada@example.com", inviteToken, password: "elevenchars" });
    await expect(attempt).rejects.toMatchObject({
      data: {
        code: "invalidPassword",
        message: "A password has 12 to 1000 characters; this one has 11.",
      },
    });
  });

  test("a later invite for the same address replaces the earlier one", async () => {
    const backend = newBackend();
    const earlier = await invite(backend, "ada@example.com");
    await invite(backend, "ada@example.com");
    expect(await backend.query(api.invites.check, { token: earlier, now: Date.now() })).toBeNull();
  });

  test("a member is not invited again", async () => {
    const backend = newBackend();
    const { email } = await newMember(backend, "viewer");
    await expect(invite(backend, email)).rejects.toMatchObject({ data: { code: "alreadyMember" } });
  });
});

describe("sign-in", () => {
  test("the password opens a session; a wrong password and an unknown address look the same", async () => {
    const backend = newBackend();
    const email = "ada@example.com";
    await signUp(backend, { email, inviteToken: await invite(backend, email) });

    expect((await signIn(backend, email, PASSWORD)).tokens).not.toBeNull();
    const refusal = { data: { code: "invalidCredentials", message: "E-mail or password is wrong." } };
    await expect(signIn(backend, email, "not the password")).rejects.toMatchObject(refusal);
    await expect(signIn(backend, "eve@example.com", PASSWORD)).rejects.toMatchObject(refusal);
  });

  test("a removed member is refused, their open session shows nothing, and a new invite brings them back", async () => {
    const backend = newBackend();
    const owner = await newMember(backend, "owner");
    const email = "ada@example.com";
    await signUp(backend, { email, inviteToken: await invite(backend, email) });
    const { memberId, subject } = await backend.run(async (ctx) => {
      const session = await ctx.db.query("authSessions").order("desc").first();
      const member = await ctx.db.query("members").order("desc").first();
      if (session === null || member === null) throw new Error("sign-up made no session");
      return { memberId: member._id, subject: `${session.userId}|${session._id}` };
    });
    const session = backend.withIdentity({ subject });
    expect(await session.query(api.members.viewer, {})).toMatchObject({ memberId });
    await owner.as.mutation(api.members.remove, { memberId });

    await expect(signIn(backend, email, PASSWORD)).rejects.toMatchObject({
      data: { code: "invalidCredentials" },
    });
    expect(await session.query(api.members.viewer, {})).toBeNull();
    expect(await session.query(internal.members.getBySubject, { subject })).toBeNull();
    await signUp(backend, { email, inviteToken: await invite(backend, email) });
    expect(await owner.as.query(api.members.list, {})).toContainEqual(
      expect.objectContaining({ memberId, email }),
    );
    expect(await session.query(api.members.viewer, {})).toBeNull();
  });

  test("guessing is limited per account", async () => {
    const backend = newBackend();
    const email = "ada@example.com";
    await signUp(backend, { email, inviteToken: await invite(backend, email) });
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await expect(signIn(backend, email, `guess number ${attempt}`)).rejects.toMatchObject({
        data: { code: "invalidCredentials" },
      });
    }
    await expect(signIn(backend, email, PASSWORD)).rejects.toMatchObject({
      data: { code: "tooManyAttempts" },
    });
  });
});

test("only admins and owners see the members", async () => {
  const backend = newBackend();
  const admin = await newMember(backend, "admin");
  const member = await newMember(backend, "member");
  expect(await admin.as.query(api.members.list, {})).toHaveLength(2);
  await expect(member.as.query(api.members.list, {})).rejects.toMatchObject({ data: { code: "forbidden" } });
  await expect(backend.query(api.members.list, {})).rejects.toMatchObject({
    data: { code: "unauthenticated" },
  });
});

test("a gateway has an owner only while one is not removed", async () => {
  const backend = newBackend();
  expect(await backend.query(internal.invites.hasOwner, {})).toBe(false);
  const { memberId } = await newMember(backend, "owner");
  expect(await backend.query(internal.invites.hasOwner, {})).toBe(true);
  await backend.run((ctx) => ctx.db.patch("members", memberId, { removedAt: 1 }));
  expect(await backend.query(internal.invites.hasOwner, {})).toBe(false);
});

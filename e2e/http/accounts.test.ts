import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { call, type Member, postChat, signIn, signUp } from "./chat.ts";
import { journal, MODEL, post, question, shared, type TestKey } from "./gateway.ts";
import { lastEvent, readStream } from "./streams.ts";

const newPassword = () => `another-password-${randomUUID()}`;
const tokenOf = ({ url }: { url: string }) => url.slice(url.lastIndexOf("/") + 1);
const viewer = (member: Member) => call<{ memberId: string } | null>("query", "members:viewer", {}, member);
const refusal = (code: string) => ({ data: { code } });

async function memberId(member: Member): Promise<string> {
  const seen = await viewer(member);
  if (seen === null) throw new Error(`${member.email} is not signed in`);
  return seen.memberId;
}

async function resetToken(member: Member): Promise<string> {
  return tokenOf(
    (await shared.client.run("admin:resetPassword", { email: member.email })) as { url: string },
  );
}

describe("changing the password", () => {
  it("needs the current one, keeps this session and ends the others", async () => {
    const here = await signUp("member");
    const elsewhere = await signIn(here.email, here.password);
    const next = newPassword();
    const change = (currentPassword: string, password: string) =>
      call("action", "passwords:change", { currentPassword, newPassword: password }, here);
    await expect(change("a wrong password", next)).rejects.toMatchObject(refusal("wrongPassword"));
    await expect(change(here.password, "short")).rejects.toMatchObject(refusal("invalidPassword"));
    expect(await viewer(elsewhere)).not.toBeNull();

    await change(here.password, next);
    expect(await viewer(here)).not.toBeNull();
    expect(await viewer(elsewhere)).toBeNull();
    expect((await postChat(elsewhere, { prompt: "Hello" })).status).toBe(401);
    await expect(signIn(here.email, here.password)).rejects.toMatchObject(refusal("invalidCredentials"));
    expect(await viewer(await signIn(here.email, next))).not.toBeNull();
  });
});

describe("a reset link", () => {
  it("sets a password once, ends every session, and lifts the limit that stopped the guessing", async () => {
    const member = await signUp("member");
    const guess = { currentPassword: "a wrong password", newPassword: newPassword() };
    const change = () => call("action", "passwords:change", guess, member);
    for (let tries = 0; tries < 10; tries++)
      await expect(change()).rejects.toMatchObject(refusal("wrongPassword"));
    await expect(change()).rejects.toMatchObject(refusal("tooManyAttempts"));
    const token = await resetToken(member);
    expect(await call("query", "passwordResets:check", { token, now: Date.now() })).toMatchObject({
      email: member.email,
    });
    const redeem = (password: string) =>
      call("action", "passwordResets:redeem", { token, newPassword: password });
    await expect(redeem("short")).rejects.toMatchObject(refusal("invalidPassword"));
    const next = newPassword();
    expect(await redeem(next)).toEqual({ email: member.email });
    expect(await viewer(member)).toBeNull();
    expect(await viewer(await signIn(member.email, next))).not.toBeNull();
    await expect(redeem(newPassword())).rejects.toMatchObject(refusal("resetRequired"));
  });

  it("is replaced by the next one, is used once by many at the same time, and is unusable after a day", async () => {
    const member = await signUp("member");
    const earlier = await resetToken(member);
    const token = await resetToken(member);
    const check = (which: string, now: number) =>
      call("query", "passwordResets:check", { token: which, now });
    expect(await check(earlier, Date.now())).toBeNull();
    expect(await check(token, Date.now() + 23 * 3_600_000)).not.toBeNull();
    expect(await check(token, Date.now() + 25 * 3_600_000)).toBeNull();
    const uses = await Promise.allSettled(
      Array.from({ length: 4 }, () =>
        call("action", "passwordResets:redeem", { token, newPassword: newPassword() }),
      ),
    );
    expect(uses.filter((use) => use.status === "fulfilled")).toHaveLength(1);
  });

  it("is stored as a hash, made for members only, and on the web by owners only", async () => {
    const [owner, admin, member] = [await signUp("owner"), await signUp("admin"), await signUp("member")];
    const token = tokenOf(
      await call<{ url: string }>("action", "passwordResets:create", { email: member.email }, owner),
    );
    const { page } = (await shared.client.run("_system/cli/tableData", {
      table: "passwordResets",
      order: "desc",
      paginationOpts: { numItems: 10, cursor: null },
    })) as { page: object[] };
    expect(page[0]).toHaveProperty("tokenHash");
    expect(JSON.stringify(page)).not.toContain(token);
    await expect(shared.client.run("admin:resetPassword", { email: "nobody@example.com" })).rejects.toThrow(
      "no member nobody@example.com",
    );
    await expect(
      call("action", "passwordResets:create", { email: member.email }, admin),
    ).rejects.toMatchObject(refusal("forbidden"));
  });
});

describe("removing a member", () => {
  it("ends their sessions, keys, running requests and links at once", async () => {
    const owner = await signUp("owner");
    const leaver = await signUp("owner");
    const key = await call<TestKey>("action", "apiKeys:create", { name: "theirs", limits: {} }, leaver);
    const prompt = `farewell ${randomUUID()}`;
    const stream = await post(
      { model: MODEL, max_tokens: 100, stream: true, messages: [{ role: "user", content: prompt }] },
      { key: key.secret, script: { hangAfterDeltas: 1 } },
    );
    const chat = await postChat(leaver, { prompt: `[[script {"hangAfterDeltas":1}]] ${prompt}` });
    await journal(prompt, { atLeast: 2 });
    const guest = `guest-${randomUUID().slice(0, 8)}@example.com`;
    const invited = tokenOf(
      await call<{ url: string }>("action", "invites:create", { email: guest, role: "owner" }, leaver),
    );
    const ownReset = await resetToken(leaver);

    const removedAt = Date.now();
    await call("mutation", "members:remove", { memberId: await memberId(leaver) }, owner);
    expect(await viewer(leaver)).toBeNull();
    await expect(call("query", "apiKeys:list", {}, leaver)).rejects.toMatchObject(refusal("unauthenticated"));
    expect((await post(question(), { key: key.secret })).status).toBe(401);
    expect((await postChat(leaver, { prompt })).status).toBe(401);
    await expect(signIn(leaver.email, leaver.password)).rejects.toMatchObject(refusal("invalidCredentials"));
    const now = Date.now();
    expect(await call("query", "invites:check", { token: invited, now })).toBeNull();
    expect(await call("query", "passwordResets:check", { token: ownReset, now })).toBeNull();
    const [program, answer] = await Promise.all([readStream(stream), readStream(chat)]);
    expect(lastEvent(program.text, "error").error?.type).toBe("permission_error");
    expect(answer.text).toContain("event: error");
    expect(Date.now() - removedAt).toBeLessThan(10_000);
    const [ended] = await journal(prompt, { atLeast: 2, state: "aborted" });
    expect(ended).toBeDefined();
  });
});

describe("roles", () => {
  it("change what somebody may do at once; a viewer's keys are revoked", async () => {
    const [owner, member] = [await signUp("owner"), await signUp("member")];
    const change = async (role: string) =>
      call("mutation", "members:changeRole", { memberId: await memberId(member), role }, owner);
    await expect(call("query", "members:list", {}, member)).rejects.toMatchObject(refusal("forbidden"));
    await change("admin");
    expect(await call<object[]>("query", "members:list", {}, member)).not.toHaveLength(0);
    const key = await call<TestKey>("action", "apiKeys:create", { name: "theirs", limits: {} }, member);
    await change("viewer");
    expect((await post(question(), { key: key.secret })).status).toBe(401);
    await expect(
      call("action", "apiKeys:create", { name: "more", limits: {} }, member),
    ).rejects.toMatchObject(refusal("forbidden"));
  });

  it("below owner see no invites and make none; losing the role loses its links", async () => {
    const [owner, other, admin] = [await signUp("owner"), await signUp("owner"), await signUp("admin")];
    const email = `guest-${randomUUID().slice(0, 8)}@example.com`;
    await expect(call("query", "invites:list", {}, admin)).rejects.toMatchObject(refusal("forbidden"));
    await expect(call("action", "invites:create", { email, role: "member" }, admin)).rejects.toMatchObject(
      refusal("forbidden"),
    );
    const token = tokenOf(
      await call<{ url: string }>("action", "invites:create", { email, role: "admin" }, other),
    );
    const listed = await call<{ email: string; inviteId: string }[]>("query", "invites:list", {}, owner);
    expect(listed.find((invite) => invite.email === email)).toMatchObject({ role: "admin" });
    expect(JSON.stringify(listed)).not.toContain(token);
    await call("mutation", "members:changeRole", { memberId: await memberId(other), role: "admin" }, owner);
    expect(await call("query", "invites:check", { token, now: Date.now() })).toBeNull();
  });
});

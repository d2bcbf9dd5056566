import { createServer, type Server } from "node:http";
import type { Page } from "@playwright/test";
import { type Account, invite, siteUrl, webUrl } from "../gateway.ts";
import { acceptInvite, expect, test } from "./members.ts";

const convexUrl = () => process.env.GATEWAY_TEST_CONVEX_URL ?? "";

let server: Server;
let attackerUrl = "";
let html = "";

/** A page on another site: 127.0.0.1 and localhost do not share cookies. */
test.beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  attackerUrl = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`;
});
test.afterAll(() => new Promise((resolve) => server.close(resolve)));

/** Every request by which something changes, as a forger would send it. */
function forgeries(intruder: Account): { url: string; body: string }[] {
  const signIn = {
    provider: "password",
    params: { flow: "signIn", email: intruder.email, password: intruder.password },
  };
  const call = (path: string, args: object) => JSON.stringify({ path, args, format: "json" });
  const mutations = [
    "apiKeys:revoke",
    "members:remove",
    "members:changeRole",
    "settings:update",
    "threads:remove",
  ];
  const actions = ["apiKeys:create", "invites:create", "passwords:change", "passwordResets:create"];
  return [
    { url: `${webUrl()}/api/auth`, body: JSON.stringify({ action: "auth:signOut", args: {} }) },
    { url: `${webUrl()}/api/auth`, body: JSON.stringify({ action: "auth:signIn", args: signIn }) },
    { url: `${webUrl()}/settings`, body: "{}" },
    { url: `${siteUrl()}/chat`, body: JSON.stringify({ threadId: null, prompt: "forged" }) },
    { url: `${siteUrl()}/gateway/requests/req_x/stop`, body: "{}" },
    { url: `${siteUrl()}/claude`, body: "forged" },
    ...mutations.map((path) => ({ url: `${convexUrl()}/api/mutation`, body: call(path, {}) })),
    ...actions.map((path) => ({
      url: `${convexUrl()}/api/action`,
      body: call(path, { name: "forged", limits: {} }),
    })),
  ];
}

async function sessionCookies(page: Page) {
  const cookies = await page.context().cookies(webUrl());
  return cookies
    .filter(({ name }) => name.includes("__convexAuth"))
    .sort((a, b) => a.name.localeCompare(b.name));
}

async function expectUntouched(page: Page, account: Account): Promise<void> {
  await page.goto("/keys");
  await expect(page.getByText("No keys yet")).toBeVisible();
  await expect(page.getByRole("button", { name: "Menu and account" })).toContainText(account.email);
  await page.goto("/chat");
  await expect(page.getByText("forged")).toHaveCount(0);
}

test("a cross-site form, fetch or image changes nothing, and logs nobody in or out", async ({
  memberPage: page,
  account,
  browser,
}) => {
  const intruder = await invite("member");
  await acceptInvite(await (await browser.newContext()).newPage(), intruder);
  const before = await sessionCookies(page);
  const statuses: string[] = [];
  page.context().on("response", (response) => {
    if (response.url() === `${webUrl()}/api/auth`)
      statuses.push(`${response.request().method()} ${response.status()}`);
  });
  for (const { url, body } of forgeries(intruder)) {
    html = `<form method="post" enctype="text/plain" action="${url}"><input name='${body.slice(0, -1)},"x":"' value='"}'></form>`;
    await page.goto(attackerUrl);
    const landed = page.waitForEvent("framenavigated");
    await page.evaluate(() => document.querySelector("form")?.submit());
    await landed;
    html = "attacker";
    await page.goto(attackerUrl);
    await page.evaluate(
      async ({ url, body }) => {
        const send = (init: RequestInit) =>
          fetch(url, { method: "POST", body, mode: "no-cors", ...init }).catch(() => null);
        await send({ credentials: "include" });
        await send({ credentials: "include", headers: { "content-type": "text/plain" } });
        await fetch(url, { method: "POST", body, credentials: "include" }).then(
          (response) => response.text(),
          () => null,
        );
        await new Promise((resolve) => {
          const image = new Image();
          image.onload = image.onerror = resolve;
          image.src = `${url}?${new URLSearchParams({ body })}`;
        });
      },
      { url, body },
    );
  }
  expect(statuses.filter((status) => /^POST 2/.test(status))).toEqual([]);
  expect(statuses.length).toBeGreaterThan(0);
  expect((await sessionCookies(page)).map(({ name }) => name)).toEqual(before.map(({ name }) => name));
  await expectUntouched(page, account);
});

test("a foreign or opaque origin is refused, whatever it asks of the sign-in", async ({
  memberPage: page,
}) => {
  for (const origin of ["null", "https://evil.example", "not an origin"]) {
    const data = { action: "auth:signOut", args: {} };
    const response = await page.request.post(`${webUrl()}/api/auth`, { headers: { origin }, data });
    expect([origin, response.status()]).toEqual([origin, 403]);
  }
  await page.reload();
  await expect(page.getByRole("button", { name: "Menu and account" })).toBeVisible();
});

test("no page can be framed by another site", async ({ memberPage: page }) => {
  for (const path of ["/chat", "/keys", "/settings", "/sign-in"]) {
    html = `<iframe src="${webUrl()}${path}" width="800" height="600"></iframe>`;
    await page.goto(attackerUrl);
    await expect.poll(() => page.frames().length).toBe(2);
    const framed = page.frames()[1];
    await expect.poll(() => framed?.url() ?? "").toMatch(/^chrome-error:/);
  }
});

test("session cookies are HttpOnly and SameSite=Lax, and a session that was planted before does not survive sign-in", async ({
  page,
  account,
}) => {
  await page.context().addCookies(
    ["__convexAuthJWT", "__convexAuthRefreshToken"].map((name) => ({
      name,
      value: "planted",
      url: webUrl(),
    })),
  );
  await acceptInvite(page, account);
  const cookies = await sessionCookies(page);
  expect(cookies.map(({ name }) => name)).toEqual(["__convexAuthJWT", "__convexAuthRefreshToken"]);
  for (const cookie of cookies) {
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/", domain: "localhost" });
    expect(cookie.value).not.toContain("planted");
  }
  const readable = await page.evaluate(() => document.cookie);
  expect(readable).not.toContain("convexAuth");
  await page.getByRole("button", { name: "Menu and account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await page.context().addCookies(cookies);
  await page.goto("/chat");
  await expect(page.getByRole("textbox", { name: "Message" })).toHaveCount(0);
});

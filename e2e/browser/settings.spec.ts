import AxeBuilder from "@axe-core/playwright";
import type { Browser, Page } from "@playwright/test";
import { type Account, invite, runAsAdmin, siteUrl, webUrl } from "../gateway.ts";
import { acceptInvite, expect, test } from "./members.ts";

/** Somebody else, in a browser of their own. */
async function newPerson(
  browser: Browser,
  role: "owner" | "member",
): Promise<{ page: Page; account: Account }> {
  const account = await invite(role);
  const page = await (await browser.newContext()).newPage();
  await acceptInvite(page, account);
  return { page, account };
}

async function signInAgain(page: Page, email: string, password: string): Promise<void> {
  await page.getByRole("button", { name: "Sign in again" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await fillSignIn(page, email, password);
}

async function fillSignIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

const signedIn = (page: Page) => expect(page.getByRole("textbox", { name: "Message" })).toBeVisible();

async function readLink(page: Page, label: string): Promise<string> {
  const text = await page.getByRole("dialog").getByRole("region", { name: label }).textContent();
  if (text === null) throw new Error(`no ${label}`);
  await page.getByRole("button", { name: "I have copied it" }).click();
  return text.trim();
}

test("a member changes their password, stays signed in here, and is signed out elsewhere", async ({
  memberPage: page,
  account,
  browser,
}) => {
  const elsewhere = await (await browser.newContext()).newPage();
  await elsewhere.goto("/sign-in");
  await fillSignIn(elsewhere, account.email, account.password);
  await signedIn(elsewhere);

  await page.goto("/settings");
  const password = `${account.password}-changed`;
  const card = page.getByRole("region", { name: "Password" });
  await card.getByLabel("Current password", { exact: true }).fill("not the password");
  await card.getByLabel("New password", { exact: true }).fill(password);
  await card.getByRole("button", { name: "Change password" }).click();
  await expect(card.getByText("The current password is not right.")).toBeVisible();
  await card.getByLabel("Current password", { exact: true }).fill(account.password);
  await card.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Changed your password.")).toBeVisible();

  await expect(elsewhere.getByRole("heading", { name: "This session has ended" })).toBeVisible();
  await signInAgain(elsewhere, account.email, password);
  await signedIn(elsewhere);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Settings" })).toBeVisible();
});

test("a reset link sets another password and signs in, once", async ({ page, account, browser }) => {
  await acceptInvite(page, account);
  const { url } = await runAsAdmin<{ url: string }>("admin:resetPassword", { email: account.email });
  const fresh = await (await browser.newContext()).newPage();
  await fresh.goto(url);
  await fresh.getByLabel("New password", { exact: true }).fill("short");
  await fresh.getByRole("button", { name: "Set password and sign in" }).click();
  await expect(fresh.getByText("A password has 12 to 1000 characters; this one has 5.")).toBeVisible();
  await fresh.getByLabel("New password", { exact: true }).fill(`${account.password}-reset`);
  await fresh.getByRole("button", { name: "Set password and sign in" }).click();
  await signedIn(fresh);
  await expect(page.getByRole("heading", { name: "This session has ended" })).toBeVisible();
  await fresh.goto(url);
  await expect(fresh.getByRole("heading", { name: "This link cannot be used" })).toBeVisible();
});

test("an owner invites somebody from the settings page, and revokes another invite", async ({ browser }) => {
  const { page } = await newPerson(browser, "owner");
  await page.goto("/settings");
  const guest = `guest-${crypto.randomUUID().slice(0, 8)}@example.com`;
  const regretted = `regretted-${crypto.randomUUID().slice(0, 8)}@example.com`;
  const links: Record<string, string> = {};
  for (const email of [guest, regretted]) {
    await page.getByRole("button", { name: "Invite", exact: true }).click();
    await page.getByRole("dialog").getByLabel("E-mail").fill(email);
    await page.getByRole("dialog").getByLabel("Role").selectOption("Viewer");
    await page.getByRole("dialog").getByRole("button", { name: "Create invite" }).click();
    links[email] = await readLink(page, "invite link");
    await expect(page.getByRole("listitem", { name: email })).toContainText(/viewer, expires in [67] days/);
  }
  await page.getByRole("button", { name: `Revoke the invite of ${regretted}` }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke invite" }).click();
  await expect(page.getByRole("listitem", { name: regretted })).toHaveCount(0);

  const other = await (await browser.newContext()).newPage();
  await other.goto(links[regretted] ?? "");
  await expect(other.getByRole("heading", { name: "This invite cannot be used" })).toBeVisible();
  const password = `password-${crypto.randomUUID()}`;
  await acceptInvite(other, { email: guest, password, inviteUrl: links[guest] ?? "" });
  await expect(
    page.getByRole("list", { name: "Members" }).getByRole("listitem", { name: guest }),
  ).toContainText("viewer");
  await expect(page.getByRole("list", { name: "Open invites" }).getByText(guest)).toHaveCount(0);
});

test("an owner removes a member: their session ends and their key answers 401", async ({ browser }) => {
  const owner = await newPerson(browser, "owner");
  const member = await newPerson(browser, "member");
  await member.page.goto("/keys");
  await member.page.getByRole("button", { name: "Create key" }).first().click();
  await member.page.getByRole("dialog").getByLabel("Name").fill("laptop");
  await member.page
    .getByRole("dialog")
    .getByRole("button", { name: /create/i })
    .click();
  const key = (await member.page.getByRole("region", { name: "secret key" }).textContent())?.trim() ?? "";
  const ask = async () => {
    const response = await fetch(`${siteUrl()}/claude`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body: "Hello",
    });
    return response.status;
  };
  expect(await ask()).toBe(200);

  await owner.page.goto("/settings");
  await owner.page.getByRole("button", { name: `Remove ${member.account.email}` }).click();
  await owner.page.getByRole("alertdialog").getByRole("button", { name: "Remove member" }).click();
  await expect(owner.page.getByRole("listitem", { name: member.account.email })).toHaveCount(0);
  await expect(member.page.getByRole("heading", { name: "This session has ended" })).toBeVisible();
  expect(await ask()).toBe(401);
  await signInAgain(member.page, member.account.email, member.account.password);
  await expect(member.page.getByText("E-mail or password is wrong.")).toBeVisible();
});

test("an owner changes a role and makes a reset link", async ({ browser }) => {
  const owner = await newPerson(browser, "owner");
  const member = await newPerson(browser, "member");
  await owner.page.goto("/settings");
  const { email } = member.account;
  await owner.page.getByRole("button", { name: `Change the role of ${email}` }).click();
  await owner.page.getByRole("dialog").getByLabel("Role").selectOption("Admin");
  await owner.page.getByRole("dialog").getByRole("button", { name: "Change role" }).click();
  await expect(owner.page.getByRole("listitem", { name: email })).toContainText("admin, joined");
  await member.page.goto("/settings");
  await expect(member.page.getByRole("list", { name: "Members" })).toBeVisible();
  await expect(member.page.getByRole("button", { name: `Remove ${email}` })).toHaveCount(0);
  await owner.page.getByRole("button", { name: `Make a reset link for ${email}` }).click();
  await owner.page.getByRole("dialog").getByRole("button", { name: "Make the link" }).click();
  expect(await readLink(owner.page, "reset link")).toContain("/reset/");
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`the status card shows a problem and its command, accessible in ${colorScheme} colours on any width`, async ({
    browser,
  }) => {
    const account = await invite("owner");
    const page = await (await browser.newContext({ colorScheme })).newPage();
    // The deployment knows the app as localhost, so from this address it would refuse the chat.
    const openAt = webUrl().replace("localhost", "127.0.0.1");
    await acceptInvite(page, { ...account, inviteUrl: account.inviteUrl.replace(webUrl(), openAt) });
    await page.goto(`${openAt}/settings`);
    const status = page.getByRole("region", { name: "Status" });
    await expect(status.getByText("1 thing needs a command")).toBeVisible();
    await expect(
      status.getByText(`SITE_URL is ${webUrl()}, but the web app is open at ${openAt}`),
    ).toBeVisible();
    await expect(status.getByText(`npx convex env set SITE_URL ${openAt}`)).toBeVisible();
    await expect(status.getByRole("button", { name: "Copy command for SITE_URL" })).toBeVisible();
    await expect(status.getByText("ANTHROPIC_API_KEY is simulated")).toBeVisible();
    await status.getByRole("button", { name: "Check the key with Claude" }).click();
    await expect(
      status.getByText(/The simulated Claude at .* answers and accepts ANTHROPIC_API_KEY/),
    ).toBeVisible();
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${width} ${id}: ${nodes[0]?.html}`)).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `at ${width} px`).toBeLessThanOrEqual(0);
    }
  });
}

import { test as base, expect, type Page } from "@playwright/test";
import { type Account, invite } from "../gateway.ts";

export async function acceptInvite(page: Page, account: Account): Promise<void> {
  await page.goto(account.inviteUrl);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Create account and sign in" }).click();
  await expect(page.getByRole("textbox", { name: "Message" })).toBeVisible();
}

/** Each test is a new member of its own, signed in on the chat page. */
export const test = base.extend<{ account: Account; memberPage: Page }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs from this pattern.
  account: async ({}, use) => use(await invite("member")),
  memberPage: async ({ page, account }, use) => {
    await acceptInvite(page, account);
    await use(page);
  },
});

export { expect };

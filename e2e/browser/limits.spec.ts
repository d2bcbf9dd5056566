import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { invite, runAsAdmin, siteUrl } from "../gateway.ts";
import { acceptInvite, expect, test } from "./members.ts";

async function ask(secret: string): Promise<number> {
  const response = await fetch(`${siteUrl()}/claude`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}` },
    body: "Hello",
  });
  await response.text();
  return response.status;
}

/** Saves what the tests look at when `GATEWAY_SCREENSHOT_DIR` names a folder, and checks the page at two widths. */
async function inspect(page: Page, name: string): Promise<void> {
  const folder = process.env.GATEWAY_SCREENSHOT_DIR;
  // A notice that is fading has no colours to judge.
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 900 });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${name} ${width} ${id}: ${nodes[0]?.html}`)).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, `${name} at ${width} px`).toBeLessThanOrEqual(0);
    if (folder) await page.screenshot({ path: `${folder}/${name}-${width}.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

test("a key's page shows spent and reserved money; limits, pause, resume and kill act on the next request", async ({
  page,
}) => {
  const account = await invite("admin");
  await acceptInvite(page, account);
  const limits = { dailyBudgetNanoUsd: 5_000_000_000, totalBudgetNanoUsd: 50_000_000_000 };
  const key = await runAsAdmin<{ apiKeyId: string; secret: string }>("admin:createApiKey", {
    name: `robot ${account.email}`,
    ...limits,
  });
  expect(await ask(key.secret)).toBe(200);

  await page.goto(`/keys/${key.apiKeyId}`);
  await expect(page.getByText("Active")).toBeVisible();
  await expect(page.getByText(/spent.* of \$5\.00/)).toBeVisible();
  await inspect(page, "key");

  await page.getByRole("button", { name: "Edit limits" }).click();
  await page.getByLabel("Daily budget, USD").fill("0");
  await page.getByRole("button", { name: "Save limits" }).click();
  await expect(page.getByText(/of \$0\.00/)).toBeVisible();
  expect(await ask(key.secret)).toBe(402);
  await page.getByRole("button", { name: "Edit limits" }).click();
  await page.getByLabel("Daily budget, USD").fill("");
  await page.getByRole("button", { name: "Save limits" }).click();
  await expect(page.getByText("Today")).toBeHidden();
  expect(await ask(key.secret)).toBe(200);

  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("Paused", { exact: true })).toBeVisible();
  expect(await ask(key.secret)).toBe(403);
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByText("Active")).toBeVisible();
  expect(await ask(key.secret)).toBe(200);

  await page.getByRole("button", { name: "Kill" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Kill key" }).click();
  await expect(page.getByText("Killed", { exact: true })).toBeVisible();
  expect(await ask(key.secret)).toBe(403);
});

test("an admin gives a member a budget, and the audit log says who, what, before and after", async ({
  page,
}) => {
  const account = await invite("admin");
  await acceptInvite(page, account);
  await page.goto("/budgets");
  const memberRow = page.getByRole("listitem").filter({ hasText: account.email });
  await page.getByRole("button", { name: `Edit limits of ${account.email}` }).click();
  await page.getByLabel("Monthly budget, USD").fill("12.50");
  await page.getByLabel("Requests per minute").fill("30");
  await inspect(page, "member-limits");
  await page.getByRole("button", { name: "Save limits" }).click();
  await expect(memberRow.first().getByText(/of \$12\.50/)).toBeVisible();
  await inspect(page, "budgets");

  await page.goto("/audit");
  const change = page.getByRole("listitem").filter({ hasText: "member.setLimits" }).first();
  await change.getByText(account.email).first().click();
  await expect(change.getByText("limits.monthlyBudgetNanoUsd")).toBeVisible();
  await expect(change.getByText("– → 12500000000")).toBeVisible();
  await inspect(page, "audit");
});

test("budgets and the audit log are not for members, in the pages and behind them", async ({
  memberPage: page,
}) => {
  for (const path of ["/budgets", "/audit"]) {
    await page.goto(path);
    await expect(page.getByText("For owners and admins")).toBeVisible();
  }
  await expect(page.getByRole("link", { name: "Budgets" })).toBeHidden();
});

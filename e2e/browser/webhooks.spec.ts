import { execFile } from "node:child_process";
import { promisify } from "node:util";
import AxeBuilder from "@axe-core/playwright";
import { type Account, invite, runAsAdmin } from "../gateway.ts";
import { Receiver, verified } from "../http/Receiver.ts";
import { acceptInvite, test as base, expect } from "./members.ts";

const test = base.extend<{ account: Account; receiver: Receiver }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs from this pattern.
  account: async ({}, use) => use(await invite("admin")),
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs from this pattern.
  receiver: async ({}, use) => {
    const receiver = await Receiver.start();
    await use(receiver);
    await receiver.stop();
  },
});

/** Runs copied lines as a terminal would. */
async function runInTerminal(lines: string): Promise<string> {
  return (await promisify(execFile)("bash", ["-c", lines])).stdout;
}

test("an admin creates a webhook, sends it an event with the copied curl line, watches it run, and redelivers after a failure", async ({
  memberPage: page,
  receiver,
}) => {
  test.setTimeout(120_000);
  await runAsAdmin("admin:createApiKey", { name: "webhook key" });
  await page.goto("/webhooks/destinations");
  await page.getByRole("button", { name: "Create destination" }).click();
  await page.getByLabel("Name").fill("my server");
  await page.getByLabel("URL").fill(receiver.url);
  await page.getByRole("dialog").getByRole("button", { name: "Create destination" }).click();
  const signingSecret = await page.getByRole("region", { name: "signing secret" }).textContent();
  await page.getByRole("button", { name: "I have copied it" }).click();

  await page.getByRole("navigation", { name: "Webhooks" }).getByRole("link", { name: "Webhooks" }).click();
  await page.getByRole("button", { name: "Create webhook" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("greeter");
  await dialog.getByLabel("Key that pays").selectOption({ index: 1 });
  await dialog.getByLabel("Prompt", { exact: true }).fill("Answer this: {{ payload.text }}");
  await dialog.getByLabel(/my server/).check();
  await dialog.getByRole("button", { name: "Create webhook" }).click();
  const curlLines = (await page.getByRole("region", { name: "curl lines" }).textContent()) ?? "";
  const nodeLines = (await page.getByRole("region", { name: "Node lines" }).textContent()) ?? "";
  await page.getByRole("button", { name: "I have copied it" }).click();

  const sent: { id: string; status: string } = JSON.parse(await runInTerminal(curlLines));
  expect(sent.status).toBe("queued");
  await page.getByRole("link", { name: "Events" }).click();
  const event = page.getByRole("button", { name: /greeter/ }).first();
  await expect(event).toContainText("Answered");
  await event.click();
  await expect(page.getByRole("region", { name: "payload", exact: true })).toContainText('"text": "Hello"');
  await expect(page.getByRole("region", { name: "answer", exact: true })).toContainText("Answer this: Hello");
  await expect(page.getByRole("region", { name: "Deliveries" })).toContainText("Delivered");
  const [delivery] = await receiver.waitFor(sent.id);
  if (!delivery) throw new Error("no delivery");
  expect(verified(delivery, signingSecret?.trim() ?? "").type).toBe("answer.completed");
  await page.keyboard.press("Escape");

  receiver.behaviour = (_nth, response) => response.writeHead(500).end("out of order");
  const { stdout } = await promisify(execFile)("node", ["--input-type=module", "-e", nodeLines], {
    env: { ...process.env, FORCE_COLOR: "0" },
  });
  expect(stdout).toMatch(/^202 /);
  await page.getByRole("link", { name: "Deliveries" }).click();
  const failing = page.getByRole("listitem").filter({ hasText: "answer.completed" }).first();
  await expect(failing).toContainText("Waiting");
  await failing.getByRole("button", { name: "Attempts" }).click();
  await expect(failing.getByRole("list", { name: "Attempts" })).toContainText(/HTTP 500.*out of order/s);
  receiver.behaviour = (_nth, response) => response.writeHead(204).end();
  await failing.getByRole("button", { name: "Redeliver" }).click();
  await expect(failing).toContainText("Delivered");
  await expect(failing.getByRole("list", { name: "Attempts" })).toContainText("HTTP 204");
});

test("the prompt is previewed over a real event while it is edited, and a missing path is named", async ({
  memberPage: page,
}) => {
  const key = await runAsAdmin<{ apiKeyId: string }>("admin:createApiKey", { name: "preview key" });
  const made = await runAsAdmin<{ secret: string; path: string }>("admin:createWebhook", {
    name: `previewed ${key.apiKeyId}`,
    apiKeyId: key.apiKeyId,
    scheme: "bearer",
    prompt: "{{ payload | json }}",
  });
  await fetch(`${process.env.GATEWAY_TEST_SITE_URL}${made.path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${made.secret}` },
    body: JSON.stringify({ issue: { title: "It breaks" } }),
  });
  await page.goto("/webhooks");
  await page.getByRole("button", { name: `Edit previewed ${key.apiKeyId}` }).click();
  const preview = page.getByRole("region", { name: "Preview" });
  await page.getByLabel("Prompt", { exact: true }).fill("Title: {{ payload.issue.title }}");
  await expect(preview).toContainText("Title: It breaks");
  await page.getByLabel("Prompt", { exact: true }).fill("{{ payload.issue.author }}");
  await expect(preview).toContainText("payload.issue.author is missing");
});

for (const path of ["/webhooks", "/webhooks/events", "/webhooks/destinations", "/webhooks/deliveries"]) {
  test(`${path} is free of accessibility violations and fits a phone`, async ({ memberPage: page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(path);
    await expect(page.getByRole("navigation", { name: "Webhooks" })).toBeVisible();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
}

test("a member without the role sees why there is nothing to do", async ({ browser }) => {
  const page = await browser.newPage();
  await acceptInvite(page, await invite("member"));
  await page.goto("/webhooks");
  await expect(page.getByText("Webhooks are for owners and admins.")).toBeVisible();
  await page.close();
});

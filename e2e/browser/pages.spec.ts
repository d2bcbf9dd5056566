import AxeBuilder from "@axe-core/playwright";
import { siteUrl, webUrl } from "../gateway.ts";
import { expect, test } from "./members.ts";

const paths = ["/chat", "/keys", "/usage", "/ask", "/budgets", "/audit", "/settings"];

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });

    test("every page is free of accessibility violations and fits a phone", async ({ memberPage: page }) => {
      for (const path of paths) {
        await page.setViewportSize({ width: 360, height: 800 });
        await page.goto(path);
        await expect(page.getByRole("main")).toBeVisible();
        await page.waitForLoadState("networkidle");
        for (const width of [360, 1280]) {
          await page.setViewportSize({ width, height: 800 });
          const { violations } = await new AxeBuilder({ page }).analyze();
          expect(violations.map(({ id, nodes }) => `${path} ${width} ${id}: ${nodes[0]?.html}`)).toEqual([]);
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - window.innerWidth,
          );
          expect(overflow, `${path} at ${width} px`).toBeLessThanOrEqual(0);
        }
      }
    });
  });
}

test("no page asks anything of another origin or breaks its content security policy", async ({
  page,
  account,
}) => {
  const own = [webUrl(), siteUrl(), process.env.GATEWAY_TEST_CONVEX_URL ?? ""].map(
    (url) => new URL(url).host,
  );
  const foreign: string[] = [];
  const problems: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && !own.includes(url.host)) foreign.push(request.url());
  });
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) problems.push(message.text());
  });
  const { acceptInvite } = await import("./members.ts");
  await acceptInvite(page, account);
  for (const path of paths) {
    const response = await page.goto(path);
    const policy = response?.headers()["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toContain("unsafe-eval");
    expect(/script-src [^;]*unsafe-inline/.test(policy)).toBe(false);
  }
  expect(foreign).toEqual([]);
  expect(problems).toEqual([]);
});

test("pages send a visitor without a session to sign-in", async ({ page }) => {
  for (const path of paths) {
    await page.goto(path);
    await expect(page).toHaveURL(/\/sign-in/);
  }
});

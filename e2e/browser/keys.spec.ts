import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "./members.ts";

/** Runs a copied curl line as a terminal would, without a shell. */
async function runCurl(line: string): Promise<{ status: number; body: string }> {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
  const { stdout } = await promisify(execFile)("curl", [...words.slice(1), "-sS", "-w", "\n%{http_code}"]);
  const end = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
}

test("a key works with the copied curl line, its request appears without reload, and revoking it ends it", async ({
  memberPage: page,
  context,
}) => {
  const usage = await context.newPage();
  await usage.goto("/usage");
  await expect(usage.getByText("No requests yet")).toBeVisible();

  await page.goto("/keys");
  await page
    .getByRole("button", { name: /create (a )?key/i })
    .first()
    .click();
  const name = page.getByRole("dialog").getByLabel("Name");
  const create = page.getByRole("dialog").getByRole("button", { name: /create/i });
  await create.click();
  await expect(name).toBeFocused();
  await name.fill("laptop");
  await create.click();
  const dialog = page.getByRole("dialog", { name: "Copy your key now" });
  const curlLine = await dialog.getByText(/^curl -N/).textContent();
  if (curlLine === null) throw new Error("no curl line");
  await dialog
    .getByRole("button", { name: /done|copied|close/i })
    .first()
    .click();

  const answered = await runCurl(curlLine);
  expect(answered.status).toBe(200);
  expect(answered.body).toContain("Hello");
  await expect(usage.getByRole("table", { name: "Requests" }).getByText("laptop")).toBeVisible();
  await expect(usage.getByRole("table", { name: "Requests" }).getByText(/succeeded/i)).toBeVisible();

  await page.getByRole("button", { name: "Revoke laptop" }).click();
  await page
    .getByRole("alertdialog")
    .or(page.getByRole("dialog"))
    .getByRole("button", { name: /revoke/i })
    .click();
  await expect(page.getByText(/revoked/i).first()).toBeVisible();
  const refused = await runCurl(curlLine);
  expect(refused.status).toBe(401);
  expect(JSON.parse(refused.body)).toMatchObject({ type: "error", error: { type: "authentication_error" } });
});

test("the Ask page gets an answer through useAction(api.anthropic.callClaude)", async ({
  memberPage: page,
}) => {
  await page.goto("/ask");
  await page.getByLabel("Prompt").fill('[[script {"text":"Rhine, Elbe, Danube"}]]');
  await page.getByRole("button", { name: /ask/i }).click();
  await expect(page.getByText("Rhine, Elbe, Danube").first()).toBeVisible();
});

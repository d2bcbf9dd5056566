/** The running gateway that `test.mjs` started, as the tests reach it. */
import { randomUUID } from "node:crypto";

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with \`npm test\``);
  return value;
}

export const webUrl = (): string => required("GATEWAY_TEST_WEB_URL");
export const siteUrl = (): string => required("GATEWAY_TEST_SITE_URL");

/** Calls a function as `npx convex run` does. */
export async function runAsAdmin<Result>(path: string, args: object): Promise<Result> {
  const response = await fetch(`${required("GATEWAY_TEST_CONVEX_URL")}/api/function`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Convex ${required("GATEWAY_TEST_ADMIN_KEY")}`,
    },
    body: JSON.stringify({ path, args, format: "json" }),
  });
  const answer: { status: string; value: Result; errorMessage?: string } = await response.json();
  if (answer.status !== "success") throw new Error(`${path}: ${answer.errorMessage ?? response.status}`);
  return answer.value;
}

export interface Account {
  email: string;
  password: string;
  inviteUrl: string;
}

/** A fresh invite; every test has its own member. */
export async function invite(role: "owner" | "admin" | "member" | "viewer"): Promise<Account> {
  const email = `${role}-${randomUUID().slice(0, 8)}@example.com`;
  const { url } = await runAsAdmin<{ url: string }>("admin:invite", { email, role });
  return { email, password: `password-${randomUUID()}`, inviteUrl: url };
}

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, inject, test } from "vitest";
import { adminEnvironment } from "../../local/ConvexCli.ts";
import { createKey, MODEL, post } from "./gateway.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The unmodified `convex` command line against the running deployment. */
async function convex(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(root, "node_modules/convex/bin/main.js"), ...args],
    { cwd: root, env: adminEnvironment(process.env, inject("convexUrl"), inject("adminKey")) },
  );
  return stdout;
}

async function generatedFiles(): Promise<Record<string, string>> {
  const folder = join(root, "convex/_generated");
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")])),
  );
}

describe("npx convex", () => {
  test("env set, get, list and remove change what functions see", async () => {
    await convex("env", "set", "GATEWAY_CLI_TEST", "one two");
    expect((await convex("env", "get", "GATEWAY_CLI_TEST")).trim()).toBe("one two");
    expect(await convex("env", "list")).toContain("GATEWAY_CLI_TEST=one two");
    await convex("env", "remove", "GATEWAY_CLI_TEST");
    expect(await convex("env", "list")).not.toContain("GATEWAY_CLI_TEST");
  });

  test("run makes a key that works, and data shows its request", async () => {
    const { secret } = JSON.parse(
      await convex("run", "admin:createApiKey", '{"name":"from the command line"}'),
    );
    const response = await post(
      { model: MODEL, max_tokens: 10, messages: [{ role: "user", content: "Hello" }] },
      { key: secret },
    );
    expect(response.status).toBe(200);
    const rows = await convex("data", "requests", "--format", "jsonLines", "--limit", "5");
    expect(rows).toContain(response.headers.get("x-gateway-request-id") ?? "no request id");
  });

  test("codegen leaves the committed convex/_generated as it is", async () => {
    const committed = await generatedFiles();
    await convex("codegen", "--typecheck", "disable");
    expect(await generatedFiles()).toEqual(committed);
  });

  test("deploy pushes again without touching keys or data", async () => {
    const { secret } = await createKey();
    await convex("deploy", "-y", "--codegen", "disable", "--typecheck", "disable");
    const response = await post(
      { model: MODEL, max_tokens: 10, messages: [{ role: "user", content: "Hello" }] },
      { key: secret },
    );
    expect(response.status).toBe(200);
  });
});

import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { withoutDeploymentVariables } from "../../local/ConvexCli.ts";
import type { Check } from "../../local/doctor/Check.ts";
import { createKey, errorOf, type GatewayUnderTest, post, question } from "./gateway.ts";
import { type Stack, startStack, WEB_ORIGIN } from "./Stack.ts";

const repository = join(dirname(fileURLToPath(import.meta.url)), "../..");
const realKey = `sk-ant-${"api03"}-${"Lm4Xc1BQz7Rk2Vt9".repeat(6).slice(0, 93)}AA`;

// Each runs the command line several times.
vi.setConfig({ testTimeout: 120_000 });
const isFull = process.env.GATEWAY_TEST_FULL === "1";

let stack: Stack;
let project: string;
let gatewayKey: string;
let outputs = "";

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "doctor-project-"));
  for (const name of ["package.json", "tsconfig.json", "convex"]) {
    await cp(join(repository, name), join(project, name), { recursive: true });
  }
  for (const name of ["node_modules", "local", "doctor.mjs"])
    await symlink(join(repository, name), join(project, name));
  stack = await startStack({ project });
  gatewayKey = (await createKey({}, stack)).secret;
});

afterAll(async () => {
  await stack?.stop();
  if (project) await rm(project, { recursive: true, force: true });
});

/** A shell in the project's folder, with nothing but `.env.local` to tell which deployment is meant. */
async function shell(command: string, env: Record<string, string> = {}) {
  const free = { PORT: "1", CONVEX_PORT: "1", CONVEX_SITE_PORT: "1", CLAUDE_PORT: "1" };
  const options = { cwd: project, env: { ...withoutDeploymentVariables(process.env), ...free, ...env } };
  try {
    const { stdout, stderr } = await promisify(execFile)("sh", ["-c", command], options);
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

/** What the doctor finds wrong, by name. */
async function findings(env: Record<string, string> = {}): Promise<Record<string, Check>> {
  const { code, stdout, stderr } = await shell("node doctor.mjs --json", env);
  outputs += stdout + stderr;
  const checks = JSON.parse(stdout) as Check[];
  const wrong = checks.filter(({ ok }) => !ok);
  expect(code).toBe(wrong.length === 0 ? 0 : 1);
  return Object.fromEntries(wrong.map((check) => [check.name, check]));
}

/** Types the printed command, with a value where it has a placeholder. */
async function follow(check: Check | undefined, value = ""): Promise<void> {
  if (check?.command === undefined) throw new Error(`no command: ${JSON.stringify(check)}`);
  const { code, stdout, stderr } = await shell(check.command.replace("sk-ant-...", value));
  expect(code, `${check.command}\n${stdout}${stderr}`).toBe(0);
}

const writeEnv = (lines: string) => writeFile(join(project, ".env.local"), lines);
const deploymentLines = () =>
  `CONVEX_SELF_HOSTED_URL=${stack.convexUrl}\nCONVEX_SELF_HOSTED_ADMIN_KEY=${stack.adminKey}\n`;

/** What a caller of the gateway is told. */
async function gatewayError(): Promise<{ status: number; message: string }> {
  const gateway: GatewayUnderTest = stack;
  const response = await post(question(), { key: gatewayKey, gateway });
  return { status: response.status, message: (await errorOf(response)).error.message };
}

it("without a deployment it says so, and half a configuration is explained", async () => {
  expect(await findings()).toMatchObject({ deployment: { command: "npm start" } });
  await writeEnv(`CONVEX_SELF_HOSTED_URL=${stack.convexUrl}\n`);
  expect((await findings()).configuration?.detail).toContain("CONVEX_SELF_HOSTED_ADMIN_KEY");
});

it("names every missing variable, finds the key that only this computer has, and its commands cure all", async () => {
  const names = ["ANTHROPIC_API_KEY", "JWT_PRIVATE_KEY", "JWKS", "SITE_URL", "GATEWAY_ENCRYPTION_KEY"];
  await stack.client.updateVariables(Object.fromEntries(names.map((name) => [name, null])));
  expect(await gatewayError()).toMatchObject({
    status: 500,
    message: expect.stringMatching(
      /not set in this Convex deployment.*npx convex env set ANTHROPIC_API_KEY sk-ant-\.\.\.$/,
    ),
  });
  await writeEnv(`${deploymentLines()}ANTHROPIC_API_KEY="${realKey}"\n`);
  const wrong = await findings();
  expect(Object.keys(wrong).sort()).toEqual([...names].sort());
  expect(wrong.ANTHROPIC_API_KEY?.detail).toMatch(
    /\.env\.local does not reach.*There is one in \.env\.local\./,
  );
  await follow(wrong.ANTHROPIC_API_KEY);
  await follow({
    ...wrong.SITE_URL,
    command: wrong.SITE_URL?.command?.replace("https://chat.example.com", WEB_ORIGIN),
  } as Check);
  await follow(wrong.JWT_PRIVATE_KEY);
  const { stdout } = await shell("npx convex env get ANTHROPIC_API_KEY");
  expect(stdout.trim()).toBe(realKey);

  const left = await findings();
  expect(Object.keys(left)).toEqual(["ANTHROPIC_BASE_URL"]);
  expect(left.ANTHROPIC_BASE_URL?.detail).toContain(`requests still go to ${stack.claudeUrl}`);
  expect((await gatewayError()).message).toContain("npx convex env remove ANTHROPIC_BASE_URL");
  await follow(left.ANTHROPIC_BASE_URL);
  expect((await shell("npx convex env list --names-only")).stdout).not.toContain("ANTHROPIC_BASE_URL");
});

it("tells a malformed key, a refused key and functions that are not this checkout's, and cures them", async () => {
  await stack.client.updateVariables({ ANTHROPIC_API_KEY: `"${realKey}"` });
  expect((await gatewayError()).message).toContain("ANTHROPIC_API_KEY has quotes around it");
  await writeEnv(deploymentLines());
  await writeFile(join(project, "convex/added.ts"), "export const value = 1;\n");
  const wrong = await findings();
  expect(Object.keys(wrong).sort()).toEqual(["ANTHROPIC_API_KEY", "functions"]);
  expect(wrong.functions?.detail).toContain("differ from this checkout");

  await stack.client.updateVariables({ ANTHROPIC_BASE_URL: stack.claudeUrl });
  await follow(wrong.ANTHROPIC_API_KEY, "another-key-that-nobody-knows");
  await rm(join(project, "convex/added.ts"));
  const refused = await findings();
  expect(Object.keys(refused)).toEqual(["Claude (ANTHROPIC_API_KEY)"]);
  expect(refused["Claude (ANTHROPIC_API_KEY)"]?.detail).toMatch(/refuses ANTHROPIC_API_KEY \(…nows\)/);
  expect((await gatewayError()).message).toMatch(/refused the operator's key.*npx convex env set/);
  await follow(refused["Claude (ANTHROPIC_API_KEY)"], "simulated");
  expect(await findings()).toEqual({});
});

it.runIf(isFull)("functions that were never pushed are pushed by its command", async () => {
  await writeFile(join(project, "convex/admin.ts"), "export const nothing = 1;\n");
  await shell("npx convex deploy -y --codegen disable --typecheck disable");
  await cp(join(repository, "convex/admin.ts"), join(project, "convex/admin.ts"));
  const wrong = await findings();
  expect(Object.keys(wrong)).toEqual(["functions", "variables"]);
  expect(wrong.functions?.command).toBe("npx convex dev --once");
  await follow({ ...wrong.functions, command: `${wrong.functions?.command} --typecheck disable` } as Check);
  expect(await findings()).toEqual({});
});

it("tells a clock that is off, a deployment that does not answer, a Node that is too old, and a wrong flag", async () => {
  const preload = (code: string) => ({
    NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(code)}"`,
  });
  const late = await findings(preload("const now = Date.now; Date.now = () => now() + 600_000;"));
  expect(Object.keys(late)).toEqual(["clock"]);
  expect(late.clock?.detail).toMatch(/clock is (600|599|601) s ahead of the deployment's/);
  expect(late.clock?.command).toMatch(/^(sudo timedatectl|sudo sntp|w32tm) /);
  const old = await findings(
    preload(
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.19.0' } });",
    ),
  );
  expect(old.node).toMatchObject({
    detail: expect.stringContaining("this is 18.19.0"),
    command: "nvm install 22 && nvm use 22",
  });
  expect((await shell("node doctor.mjs --nonsense")).code).toBe(2);

  await stack.kill();
  const unreached = await findings();
  expect(unreached.deployment?.detail).toMatch(/does not answer: .*ECONNREFUSED/);
  await stack.restart();
  expect(await findings()).toEqual({});
});

it("no output held a secret", async () => {
  const secrets = [realKey, stack.adminKey, gatewayKey, ...(await storedSecrets())];
  for (const secret of secrets) expect(outputs).not.toContain(secret.slice(0, -4));
});

async function storedSecrets(): Promise<string[]> {
  const { JWT_PRIVATE_KEY = "", GATEWAY_ENCRYPTION_KEY = "" } = await stack.client.listVariables();
  return [JWT_PRIVATE_KEY, GATEWAY_ENCRYPTION_KEY];
}

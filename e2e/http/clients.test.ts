import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { createKey, rowsOf, shared, type TestKey } from "./gateway.ts";

const run = promisify(execFile);
const folder = join(import.meta.dirname, "../clients");
const INSTALL_TIMEOUT_MS = 280_000;
const CLIENT_TIMEOUT_MS = 100_000;

// Claude Code alone is 235 MB, so what is not installed is installed only where the long figures are asked for.
const isAsked = process.env.GATEWAY_TEST_FULL === "1";

/** Runs a program in the clients' folder with nothing but these variables, a PATH and an empty home. */
async function runClient(args: string[], variables: Record<string, string>): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "gateway-client-"));
  try {
    const env = { NODE_ENV: "production" as const, PATH: process.env.PATH, HOME: home, ...variables };
    const running = run(process.execPath, args, { cwd: folder, env, timeout: CLIENT_TIMEOUT_MS });
    running.child.stdin?.end();
    return (await running).stdout;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

const anthropicVariables = ({ secret }: TestKey) => ({
  ANTHROPIC_BASE_URL: shared.siteUrl,
  ANTHROPIC_AUTH_TOKEN: secret,
});
const gatewayVariables = ({ secret }: TestKey) => ({ GATEWAY_URL: shared.siteUrl, GATEWAY_KEY: secret });
const openAiVariables = ({ secret }: TestKey) => ({
  OPENAI_BASE_URL: `${shared.siteUrl}/v1`,
  OPENAI_API_KEY: secret,
});

describe.skipIf(!isAsked)("by base URL and key alone works", () => {
  beforeAll(async () => {
    if (!existsSync(join(folder, "node_modules"))) {
      await run("npm", ["ci", "--ignore-scripts"], { cwd: folder, timeout: INSTALL_TIMEOUT_MS });
    }
  }, INSTALL_TIMEOUT_MS);

  it.each<[string, string, (key: TestKey) => Record<string, string>]>([
    ["the Anthropic SDK, in everything the gateway serves", "anthropicSdk.mjs", anthropicVariables],
    ["the openai package", "openai.mjs", openAiVariables],
    ["the Vercel AI SDK", "vercelAiSdk.mjs", gatewayVariables],
    ["LangChain's Anthropic class", "langchain.mjs", gatewayVariables],
  ])(
    "%s",
    async (_name, script, variables) => {
      const key = await createKey();
      await runClient([script], variables(key));
      const rows = await rowsOf(key);
      expect(rows.length).toBeGreaterThanOrEqual(2);
      expect(rows.filter((row) => row.status === "running" && !row.endpoint.includes("batches"))).toEqual([]);
    },
    CLIENT_TIMEOUT_MS,
  );

  it(
    "Claude Code itself: `claude -p` with two variables, its session in the ledger",
    async () => {
      const key = await createKey();
      const wrapper = join(folder, "node_modules/@anthropic-ai/claude-code/cli-wrapper.cjs");
      const output = await runClient(
        [wrapper, "-p", "Say hello", "--output-format", "json", "--model", "claude-sonnet-5-5"],
        anthropicVariables(key),
      );
      const answer = JSON.parse(output) as { is_error: boolean; result: string; session_id: string };
      expect(answer).toMatchObject({ is_error: false, result: expect.stringContaining("simulated Claude") });
      const rows = await rowsOf(key);
      expect(rows.filter((row) => row.status !== "succeeded")).toEqual([]);
      const trees = await shared.client.run("agentSessions:get", { sessionId: answer.session_id });
      expect(trees).toHaveLength(1);
    },
    CLIENT_TIMEOUT_MS,
  );
});

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { withoutDeploymentVariables } from "../ConvexCli.ts";
import { checkPorts } from "./checkPorts.ts";

const root = join(import.meta.dirname, "../..");
const free = { PORT: "0", CONVEX_PORT: "0", CONVEX_SITE_PORT: "0" };
const server = createServer();
let dataDir: string;
let port: number;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "taken-port-"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  port = typeof address === "object" && address ? address.port : 0;
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(dataDir, { recursive: true });
});

async function problems(claudePort: string) {
  const checks = await checkPorts({ ...free, CLAUDE_PORT: claudePort }, dataDir);
  return checks.filter(({ ok }) => !ok);
}

const chosenPort = (command = "") => /^CLAUDE_PORT=(\d+) npm start$/.exec(command)?.[1] ?? "";

it("a taken port is named with the process that holds it, and the command chooses a free one", async () => {
  const [wrong, ...others] = await problems(String(port));
  expect(others).toEqual([]);
  expect(wrong).toMatchObject({ name: `port ${port}` });
  expect(wrong?.detail).toContain(`(pid ${process.pid})`);
  expect(await problems(chosenPort(wrong?.command))).toEqual([]);
});

it.runIf(process.env.GATEWAY_TEST_FULL === "1")(
  "the command starts everything beside the process that holds the port",
  async () => {
    const [wrong] = await problems(String(port));
    const env = { ...withoutDeploymentVariables(process.env), ...free, GATEWAY_DATA_DIR: dataDir };
    const options = { cwd: root, env, shell: true, detached: true, stdio: "inherit" } as const;
    const child = spawn(`${wrong?.command} -- --isolated`, options);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const readyPath = join(dataDir, "ready.json");
    while (!existsSync(readyPath) && child.exitCode === null) await sleep(100);
    const { claudeUrl } = JSON.parse(await readFile(readyPath, "utf8"));
    expect(claudeUrl).toBe(`http://127.0.0.1:${chosenPort(wrong?.command)}`);
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await ended;
  },
  240_000,
);

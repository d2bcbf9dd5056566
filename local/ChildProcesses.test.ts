import { afterEach, expect, it } from "vitest";
import { ChildProcesses, type ChildSpec } from "./ChildProcesses.ts";

const children = new ChildProcesses();
afterEach(() => children.stopAll());

function script(code: string): ChildSpec {
  return { name: "test", args: ["-e", code], env: process.env, cwd: process.cwd(), isSilent: true };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it("a failed run says how it ended and shows the last lines", async () => {
  const run = new ChildProcesses().run(script('console.error("the reason"); process.exit(3)'));
  await expect(run).rejects.toThrow(/exit code 3[\s\S]*the reason/);
});

it("a server that ends by itself is reported", async () => {
  const own = new ChildProcesses();
  const message = new Promise((resolve) => {
    own.onUnexpectedEnd = resolve;
  });
  own.serve(script("setTimeout(() => process.exit(1), 20)"));
  expect(await message).toContain("test stopped (exit code 1)");
});

it("stopping reaches the children of a child, even when they ignore SIGTERM", async () => {
  const code = `
    const { spawn } = require("node:child_process");
    const grandchild = spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)"]);
    grandchild.stdout.once("data", () => console.log(grandchild.pid));
    setInterval(() => {}, 1000);`;
  const child = children.serve(script(code));
  const pid = await child.waitForLine((line) => (/^\d+$/.test(line) ? Number(line) : null));
  expect(isAlive(pid)).toBe(true);
  await children.stopAll();
  // A dead process stays visible until init collects it.
  await expect.poll(() => isAlive(pid), { timeout: 15_000 }).toBe(false);
});

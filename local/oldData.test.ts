import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startDeployment } from "./convex/deployment.ts";
import { runCli } from "./convex/testing/testApp.ts";

const root = join(import.meta.dirname, "..");

it("npm start on documents that the schema refuses names one and says how to keep them and start anew", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "old-data-"));
  const documents = join(dataDir, "members.jsonl");
  await writeFile(documents, '{"email":"ada@example.com","rank":"admiral"}\n');
  const old = await startDeployment({ dataDir: join(dataDir, "convex"), cloudPort: 0, sitePort: 0 });
  await runCli(root, old, ["import", "--table", "members", "-y", documents]);
  await old.stop();

  const { code, output } = await start(dataDir);
  expect(code).toBe(1);
  expect(output).toMatch(/Document with ID "\w+" in table "members" does not match the schema/);
  expect(output).toContain(`mv ${dataDir} ${dataDir}-old && npm start`);
  await rm(dataDir, { recursive: true });
}, 60_000);

async function start(dataDir: string): Promise<{ code: number | null; output: string }> {
  const free = { PORT: "0", CONVEX_PORT: "0", CONVEX_SITE_PORT: "0", CLAUDE_PORT: "0" };
  const env = { ...process.env, ...free, GATEWAY_DATA_DIR: dataDir };
  const child = spawn(process.execPath, ["start.mjs", "--isolated"], { cwd: root, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output };
}

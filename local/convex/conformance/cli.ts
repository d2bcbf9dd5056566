import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject, onTestFinished } from "vitest";
import { runCli } from "../testing/testApp.ts";

/** Runs the real CLI in the pushed project, on the deployment under test. Rejects with its output when it fails. */
export function cli(...args: string[]): Promise<string> {
  const deployment = inject("deployment");
  return runCli(deployment.appDirectory, deployment, args);
}

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "convex-conformance-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function temporaryFile(name: string, content: string): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

import { readdir, readFile } from "node:fs/promises";
import { inject } from "vitest";

const folder = `/proc/${inject("deploymentPid")}`;

/** Whether this system tells what a process uses. */
export const isProcessVisible = process.platform === "linux";

/** Files and sockets that the deployment has open. */
export async function openFiles(): Promise<number> {
  return (await readdir(`${folder}/fd`)).length;
}

/** How many sockets, timers and others of each kind the deployment's process holds. */
export async function heldResources(): Promise<Record<string, number>> {
  const response = await fetch(`${inject("convexUrl")}/api/embedded/resources`, {
    headers: { authorization: `Convex ${inject("adminKey")}` },
  });
  if (!response.ok) throw new Error(`no resources: ${await response.text()}`);
  return (await response.json()) as Record<string, number>;
}

/** Megabytes of memory that the deployment has now. */
export async function residentMb(): Promise<number> {
  const status = await readFile(`${folder}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** How many megabytes the deployment's memory was higher, at most, while something was done; 0 where nobody tells. */
export async function addedMb(work: () => Promise<void>): Promise<number> {
  if (!isProcessVisible) {
    await work();
    return 0;
  }
  const before = await residentMb();
  let most = before;
  const timer = setInterval(async () => {
    most = Math.max(most, await residentMb());
  }, 20);
  await work().finally(() => clearInterval(timer));
  return most - before;
}

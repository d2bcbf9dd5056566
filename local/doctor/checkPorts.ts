import { createConnection } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import type { Variables } from "../envFile.ts";
import { readState } from "../stateFile.ts";
import type { Check } from "./Check.ts";
import { listenerOf } from "./listenerOf.ts";

const DEFAULT_PORTS = { PORT: 3000, CONVEX_PORT: 3210, CONVEX_SITE_PORT: 3211, CLAUDE_PORT: 3212 };
const vReady = z.object({ webUrl: z.string() });

/** Whether `npm start` finds its ports free. While it runs they are its own. */
export async function checkPorts(variables: Variables, dataDir: string): Promise<Check[]> {
  const webUrl = await runningWebUrl(dataDir);
  if (webUrl !== null) {
    return [{ name: "ports", ok: true, detail: `\`npm start\` is running at ${webUrl}.` }];
  }
  const ports = Object.entries(DEFAULT_PORTS).map(([name, otherwise]) => {
    return { variable: name, port: Number(variables[name] || otherwise) };
  });
  return await Promise.all(ports.map(({ variable, port }) => checkPort(variable, port)));
}

/** Where `npm start` serves the web app at this moment; null while it does not run. */
export async function runningWebUrl(dataDir: string): Promise<string | null> {
  const ready = await readState(join(dataDir, "ready.json"), vReady);
  return ready && (await isTaken(Number(new URL(ready.webUrl).port))) ? ready.webUrl : null;
}

async function checkPort(variable: string, port: number): Promise<Check> {
  const name = `port ${port}`;
  if (!(await isTaken(port))) return { name, ok: true, detail: `Port ${port} is free.` };
  const listener = (await listenerOf(port)) ?? "another process, of another user";
  const command = `${variable}=${await freePortAfter(port)} npm start`;
  return { name, ok: false, detail: `Port ${port} is taken by ${listener}.`, command };
}

async function freePortAfter(port: number): Promise<number> {
  let next = port + 100;
  while (await isTaken(next)) next += 1;
  return next;
}

/** Whether something accepts connections on a loopback port. */
export async function isTaken(port: number): Promise<boolean> {
  return await new Promise((done) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}

import { type ChildProcess, spawn } from "node:child_process";

export interface Server {
  pid: number;
  /** What it printed as its ready line. */
  ready: Record<string, unknown>;
  stop(): Promise<void>;
}

/**
 * Starts an entry, in TypeScript or plain JavaScript, on one core and waits for its `{"ready":true,…}` line. The runtime is node itself, not a wrapper, so
 * that the process id is the serving process.
 */
export async function startServer(options: {
  entry: string;
  args?: string[];
  core: number;
  nodeFlags?: string[];
  env?: Record<string, string>;
}): Promise<Server> {
  const loader = options.entry.endsWith(".ts") ? ["--import", "tsx"] : [];
  const command = [
    "--cpu-list",
    String(options.core),
    process.execPath,
    ...(options.nodeFlags ?? []),
    ...loader,
    options.entry,
  ];
  const child = spawn("taskset", [...command, ...(options.args ?? [])], {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ready = await readyLine(child, options.entry);
  if (child.pid === undefined) throw new Error(`${options.entry} has no process id`);
  return { pid: child.pid, ready, stop: () => stop(child) };
}

function readyLine(child: ChildProcess, entry: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${entry} ended with ${code}: ${output}`)));
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      const line = output.split("\n").find((candidate) => candidate.startsWith('{"ready":true'));
      if (line !== undefined && output.includes(`${line}\n`)) resolve(JSON.parse(line));
    });
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

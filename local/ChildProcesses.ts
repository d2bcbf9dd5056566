import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { StartError } from "./StartError.ts";

export interface ChildSpec {
  /** Prefix of its lines, and its name in messages. */
  readonly name: string;
  /** Arguments to Node. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Prints its stdout too; stderr is always printed unless `isSilent`. */
  readonly isShown?: boolean;
  readonly isSilent?: boolean;
}

const keptLines = 60;
const stopGraceMs = 6_000;

/** Every process that `npm start` begins, each the leader of its own group, so that its children stop with it. */
export class ChildProcesses {
  readonly #children = new Set<Child>();
  #isStopping = false;
  /** Called when a server ends although nobody stopped it. */
  onUnexpectedEnd: (message: string) => void = () => {};

  /** Starts a process that should run until the end; its death is reported. */
  serve(spec: ChildSpec): Child {
    const child = this.#spawn(spec);
    void child.ended.then((how) => {
      if (!this.#isStopping) this.onUnexpectedEnd(`${spec.name} stopped (${how}).${child.tail()}`);
    });
    return child;
  }

  /** Runs a process to its end and returns its stdout; throws a StartError with its last lines if it fails. */
  async run(spec: ChildSpec): Promise<string> {
    const child = this.#spawn(spec);
    const how = await child.ended;
    if (how !== "exit code 0") throw new StartError(`${spec.name} failed (${how}).${child.tail()}`);
    return child.stdout.join("\n");
  }

  /** Stops all, newest first: SIGTERM to each group, SIGKILL to what is left after some seconds. */
  async stopAll(): Promise<void> {
    this.#isStopping = true;
    const children = [...this.#children].reverse();
    for (const child of children) child.kill("SIGTERM");
    const timer = setTimeout(() => this.killAll(), stopGraceMs);
    await Promise.all(children.map((child) => child.ended));
    clearTimeout(timer);
    // A leader may end before its children; its group outlives it until they are gone.
    for (const child of children) child.kill("SIGKILL");
  }

  /** Kills every group at once; synchronous, for the last moment of the process. */
  killAll(): void {
    this.#isStopping = true;
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #spawn(spec: ChildSpec): Child {
    const child = new Child(spec);
    this.#children.add(child);
    void child.ended.then(() => {
      if (!this.#isStopping) this.#children.delete(child);
    });
    return child;
  }
}

export class Child {
  /** How it ended, in words; resolves once, never rejects. */
  readonly ended: Promise<string>;
  readonly stdout: string[] = [];
  readonly #lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #lineWatchers = new Set<(line: string) => void>();

  constructor(private readonly spec: ChildSpec) {
    this.#process = spawn(process.execPath, [...spec.args], {
      cwd: spec.cwd,
      env: spec.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.ended = new Promise((resolve) => {
      this.#process.once("error", (error) => resolve(String(error)));
      this.#process.once("close", (code, signal) =>
        resolve(signal ? `signal ${signal}` : `exit code ${code}`),
      );
    });
    this.#read(this.#process.stdout, spec.isShown === true, true);
    this.#read(this.#process.stderr, spec.isSilent !== true, false);
  }

  /** The first stdout line that `parse` accepts (by not returning null); throws a StartError if the process ends before. */
  async waitForLine<Value>(parse: (line: string) => Value | null): Promise<Value> {
    return await new Promise((resolve, reject) => {
      const watch = (line: string) => {
        const value = parse(line);
        if (value === null) return;
        this.#lineWatchers.delete(watch);
        resolve(value);
      };
      for (const line of this.stdout) watch(line);
      this.#lineWatchers.add(watch);
      void this.ended.then((how) =>
        reject(new StartError(`${this.spec.name} did not start (${how}).${this.tail()}`)),
      );
    });
  }

  /** The last lines it wrote, indented for an error message. */
  tail(): string {
    const lines = this.spec.isShown === true ? [] : this.#lines;
    return lines.length === 0 ? "" : `\n${lines.map((line) => `    ${line}`).join("\n")}`;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#process.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  #read(stream: NodeJS.ReadableStream | null, isShown: boolean, isStdout: boolean): void {
    if (!stream) return;
    createInterface({ input: stream }).on("line", (line) => {
      this.#lines.push(line);
      if (this.#lines.length > keptLines) this.#lines.shift();
      if (isStdout) this.stdout.push(line);
      if (this.stdout.length > 5_000) this.stdout.splice(0, 2_500);
      // The line that says ready is for start only: it holds the admin key.
      const isForPeople = line.trim() !== "" && !line.startsWith('{"ready"');
      if (isShown && isForPeople) console.error(`[${this.spec.name}] ${line}`);
      if (isStdout) for (const watch of this.#lineWatchers) watch(line);
    });
  }
}

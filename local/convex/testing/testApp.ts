import { spawn } from "node:child_process";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const NODE_MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const APP = fileURLToPath(new URL("./app", import.meta.url));
const CLI = join(NODE_MODULES, "convex", "bin", "main.js");

export interface TestApp extends AsyncDisposable {
  /** Also a place for a deployment's data. */
  directory: string;
  /** Runs the real `convex` CLI on the application; resolves to its output, rejects with it when it fails. */
  cli(target: { cloudUrl: string; adminKey: string }, ...args: string[]): Promise<string>;
}

/** A copy of an application, by default the small one in `testing/app`, in a temporary directory. */
export async function createTestApp(source = APP): Promise<TestApp> {
  const directory = await mkdtemp(join(tmpdir(), "convex-test-app-"));
  await cp(source, directory, { recursive: true });
  await symlink(NODE_MODULES, join(directory, "node_modules"));
  await writeFile(
    join(directory, "package.json"),
    '{"name":"test-app","type":"module","dependencies":{"convex":"*","libsql":"*"}}',
  );
  return {
    directory,
    cli: (target, ...args) => runCli(directory, target, args),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Runs the real `convex` CLI in a project directory; see `TestApp.cli`. */
export function runCli(
  directory: string,
  { cloudUrl, adminKey }: { cloudUrl: string; adminKey: string },
  args: readonly string[],
): Promise<string> {
  return run(process.execPath, [CLI, ...args], directory, {
    CONVEX_SELF_HOSTED_URL: cloudUrl,
    CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey,
  });
}

function run(
  command: string,
  args: string[],
  cwd: string,
  variables: Record<string, string>,
): Promise<string> {
  const { CONVEX_DEPLOYMENT: _other, ...environment } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...environment, ...variables, CI: "1" } });
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk.toString("utf8");
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0
        ? resolve(output)
        : reject(new Error(`convex ${args.slice(1).join(" ")} exited with ${code}:\n${output}`)),
    );
  });
}

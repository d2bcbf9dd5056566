/**
 * `npm run conformance:app -- <directory> [--keep] [--env NAME=VALUE]…`: pushes a copy of any Convex project with the real
 * CLI to an embedded deployment of its own and prints its function spec. `--keep` leaves the deployment running.
 */
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startDeployment } from "../deployment.ts";
import { runCli } from "../testing/testApp.ts";

const NODE_MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { keep: { type: "boolean" }, env: { type: "string", multiple: true, default: [] } },
});
const [source] = positionals;
if (source === undefined || !existsSync(source)) {
  throw new Error("Name the directory of a Convex project: npm run conformance:app -- <directory>");
}

const directory = await mkdtemp(join(tmpdir(), "convex-app-"));
const isCopied = (path: string) => !["node_modules", ".git", ".env.local"].includes(basename(path));
await cp(source, directory, { recursive: true, filter: isCopied });
const ownModules = resolve(source, "node_modules");
await symlink(existsSync(ownModules) ? ownModules : NODE_MODULES, join(directory, "node_modules"));
const deployment = await startDeployment({ dataDir: join(directory, ".data"), cloudPort: 0, sitePort: 0 });
const stop = async () => {
  await deployment.stop();
  await rm(directory, { recursive: true, force: true });
};
try {
  for (const variable of values.env) await runCli(directory, deployment, ["env", "set", variable]);
  console.log(await runCli(directory, deployment, ["dev", "--once", "--typecheck", "disable"]));
  console.log(await runCli(directory, deployment, ["function-spec"]));
  const { cloudUrl, siteUrl, adminKey } = deployment;
  if (values.keep) console.log(JSON.stringify({ cloudUrl, siteUrl, adminKey, directory }));
} catch (error) {
  await stop();
  throw error;
}
if (!values.keep) await stop();
else process.once("SIGINT", () => void stop()).once("SIGTERM", () => void stop());

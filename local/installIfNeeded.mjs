import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const lockPath = join(root, "package-lock.json");
const installedPath = join(root, "node_modules/.package-lock.json");
const stampPath = join(root, "node_modules/.install-hash");

/** What the doctor says of a Node that is too old; null for one that is new enough. */
export function nodeProblem() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 9)) return null;
  const detail = `Node 20.9 or newer is needed; this is ${process.versions.node}. Without nvm: https://nodejs.org`;
  return { name: "node", ok: false, detail, command: "nvm install 22 && nvm use 22" };
}

/** Ends the process when Node is too old, and runs `npm ci` when node_modules is missing or older than the lockfile. */
export async function installIfNeeded() {
  const problem = nodeProblem();
  if (problem !== null) {
    console.error(`${problem.detail}\n    ${problem.command}`);
    process.exit(1);
  }
  const lockHash = createHash("sha256").update(readFileSync(lockPath)).digest("hex");
  if (isInstalled(lockHash)) return;
  // stdout belongs to what follows: `npm run doctor -- --json` is read by programs.
  console.error("Installing dependencies (npm ci)…");
  const result = spawnSync("npm", ["ci", "--include=dev", "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: root,
    stdio: [0, 2, 2],
    shell: process.platform === "win32",
  });
  if (result.status !== 0) {
    console.error("npm ci failed; see above.");
    process.exit(1);
  }
  writeFileSync(stampPath, lockHash);
}

/** A newer lockfile with the same content, as after a checkout, needs no install. */
function isInstalled(lockHash) {
  const installed = statSync(installedPath, { throwIfNoEntry: false });
  if (!installed) return false;
  if (installed.mtimeMs >= statSync(lockPath).mtimeMs) return true;
  try {
    return readFileSync(stampPath, "utf8") === lockHash;
  } catch {
    return false;
  }
}

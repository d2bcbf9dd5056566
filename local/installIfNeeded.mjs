import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const lockPath = join(root, "package-lock.json");
const installedPath = join(root, "node_modules/.package-lock.json");
const stampPath = join(root, "node_modules/.install-hash");

/** Ends the process when Node is too old, and runs `npm ci` when node_modules is missing or older than the lockfile. */
export async function installIfNeeded() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 9)) {
    console.error(`Node 20.9 or newer is needed; this is ${process.versions.node}. See https://nodejs.org`);
    process.exit(1);
  }
  const lockHash = createHash("sha256").update(readFileSync(lockPath)).digest("hex");
  if (isInstalled(lockHash)) return;
  console.log("Installing dependencies (npm ci)…");
  const result = spawnSync("npm", ["ci", "--include=dev", "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
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

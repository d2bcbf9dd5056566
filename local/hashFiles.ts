import { createHash, type Hash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** One digest of the names and contents of files and folders; missing ones and tests do not count. */
export async function hashFiles(root: string, paths: readonly string[], salt = ""): Promise<string> {
  const hash = createHash("sha256").update(salt);
  for (const path of paths) await addPath(hash, root, path);
  return hash.digest("hex");
}

async function addPath(hash: Hash, root: string, path: string): Promise<void> {
  const absolute = join(root, path);
  const info = await stat(absolute).catch(() => null);
  if (!info) return;
  if (info.isDirectory()) {
    for (const name of (await readdir(absolute)).sort()) {
      if (name !== "node_modules" && !/\.test\.tsx?$/.test(name))
        await addPath(hash, root, `${path}/${name}`);
    }
    return;
  }
  hash.update(`\0${path}\0${info.size}\0`).update(await readFile(absolute));
}

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

interface LockEntry {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  hasInstallScript?: boolean;
}
const lock: { lockfileVersion: number; packages: Record<string, LockEntry> } = JSON.parse(
  read("package-lock.json"),
);
const installed = Object.entries(lock.packages).filter(([path]) => path !== "");
const manifest: Record<"dependencies" | "devDependencies", Record<string, string>> = JSON.parse(
  read("package.json"),
);

/** Packages whose install script is known; it never runs, because `.npmrc` says so, and they work without it. */
const WITH_INSTALL_SCRIPT = new Set(["esbuild", "fsevents", "sharp", "unrs-resolver", "@swc/core"]);

/** What the deployment's bundle may hold. Another package needs a reason and a line here. */
const BACKEND_PACKAGES = [
  "@anthropic-ai/sdk",
  "@convex-dev/auth",
  "@convex-dev/rate-limiter",
  "@auth/core",
  "convex",
  "convex-helpers",
  "eventsource-parser",
  "hono",
  "jose",
  "standardwebhooks",
  "zod",
];

it("every dependency has one exact version", () => {
  for (const dependencies of [manifest.dependencies, manifest.devDependencies]) {
    for (const [name, version] of Object.entries(dependencies)) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  }
});

it("every locked package comes from a registry with a checksum, and from nowhere else", () => {
  expect(lock.lockfileVersion).toBe(3);
  expect(installed.length).toBeGreaterThan(300);
  const odd = installed.filter(([, { resolved, integrity, link, optional, os, cpu }]) => {
    // npm writes no checksum for the binaries of platforms that it did not install for.
    const isForeign = optional && (os ?? cpu) !== undefined && integrity === undefined;
    const isElsewhere = resolved !== undefined && !resolved.startsWith("https://");
    return link || isElsewhere || !(isForeign || integrity?.startsWith("sha512-"));
  });
  expect(odd).toEqual([]);
});

it("no install script runs, and only known packages have one", () => {
  const settings = read(".npmrc").split("\n");
  expect(settings).toEqual(expect.arrayContaining(["ignore-scripts=true", "save-exact=true"]));
  const withScript = installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
  const names = withScript.map((path) => path.slice(path.lastIndexOf("node_modules/") + 13));
  expect(names.filter((name) => !WITH_INSTALL_SCRIPT.has(name))).toEqual([]);
});

it("the backend imports only packages that were chosen for it", () => {
  const files = readdirSync(join(root, "convex"), { recursive: true, encoding: "utf8" }).filter(
    (path) => /\.tsx?$/.test(path) && !/\.test\.ts$|\.setup\.ts$|^_generated/.test(path),
  );
  expect(files.length).toBeGreaterThan(50);
  const foreign = files.flatMap((path) => {
    const imports = [...read(`convex/${path}`).matchAll(/^(?:import|export)[^"';]*?from "([^."][^"]*)"/gm)];
    return imports
      .map(([, name = ""]) => name)
      .filter(
        (name) =>
          !name.startsWith("node:") &&
          !BACKEND_PACKAGES.some((own) => name === own || name.startsWith(`${own}/`)),
      )
      .map((name) => `${path}: ${name}`);
  });
  expect(foreign).toEqual([]);
});

it("git tracks no file that should stay on this computer", () => {
  const tracked = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).split("\n");
  const kept = tracked.filter((path) =>
    /(^|\/)(\.env(\.local)?|node_modules|\.data|\.next)(\/|$)/.test(path),
  );
  expect(kept).toEqual([]);
});

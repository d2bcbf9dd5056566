import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

interface LockEntry {
  /** Of an alias, what it stands for. */
  name?: string;
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

/** What the backend imports: Convex's own packages, and at most four others. Another one needs a reason and a line here. */
const CONVEX_PACKAGES = ["convex", "convex-helpers", "@convex-dev/auth", "@convex-dev/rate-limiter"];
const OTHER_PACKAGES = ["@anthropic-ai/sdk", "@auth/core", "hono", "zod"];

/** What these bring along into the bundle that is pushed. */
const BUNDLED_PACKAGES = [
  ...["@opentelemetry/api", "standardwebhooks", "@stablelib/base64", "fast-sha256"],
  ...["@oslojs/binary", "@oslojs/crypto", "@oslojs/encoding", "@panva/hkdf", "cookie", "jose", "lucia"],
  ...["oauth4webapi", "preact"],
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

const backendFiles = readdirSync(join(root, "convex"), { recursive: true, encoding: "utf8" }).filter(
  (path) => /\.tsx?$/.test(path) && !/\.test\.ts$|\.setup\.ts$|^_generated/.test(path),
);

it("the backend imports only packages that were chosen for it", () => {
  expect(backendFiles.length).toBeGreaterThan(50);
  expect(OTHER_PACKAGES.length).toBeLessThanOrEqual(4);
  const foreign = backendFiles.flatMap((path) => {
    const imports = [...read(`convex/${path}`).matchAll(/^(?:import|export)[^"';]*?from "([^."][^"]*)"/gm)];
    return imports
      .map(([, name = ""]) => name)
      .filter(
        (name) =>
          !name.startsWith("node:") &&
          ![...CONVEX_PACKAGES, ...OTHER_PACKAGES].some((own) => name === own || name.startsWith(`${own}/`)),
      )
      .map((name) => `${path}: ${name}`);
  });
  expect(foreign).toEqual([]);
});

it("the bundle of the backend holds the packages that are listed here, and no secret", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: backendFiles
      .filter((path) => !path.endsWith(".d.ts"))
      .map((path) => join(root, "convex", path)),
    ...{ bundle: true, splitting: true, write: false, metafile: true, outdir: "bundle" },
    ...{ format: "esm", platform: "node", conditions: ["convex", "module"], absWorkingDir: root },
  });
  const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? packageOf(path) : [])),
  );
  const listed = [...CONVEX_PACKAGES, ...OTHER_PACKAGES, ...BUNDLED_PACKAGES];
  expect([...new Set(bundled)].sort()).toEqual(listed.sort());
  for (const { path, text } of outputFiles) expect([path, SECRET.exec(text)?.[0]]).toEqual([path, undefined]);
});

const SECRET =
  /sk-ant-(?:api|admin)\d\d-[\w-]{20}|ccg_live_[0-9A-Za-z]{49}|-----BEGIN [A-Z ]*PRIVATE KEY-----\s*\w|whsec_[\w+/]{32}/;

/** The innermost package that a path lies in; none for files of this repository. */
function packageOf(path: string): string[] {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.slice(1) ?? [];
}

/** Licences of what reaches users; LGPL is libvips, a shared library that next loads to scale images. */
const LICENSES =
  /^(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|MPL-2\.0|CC-BY-4\.0|LGPL-3\.0-or-later|Unlicense|BlueOak-1\.0\.0|CC0-1\.0)$/;

interface Component {
  name: string;
  version: string;
  licenses?: { license: { id?: string; name?: string } }[];
}

/** The software bill of materials that npm makes of what is installed in a folder. */
function billOfMaterials(folder: string, ...args: string[]): Component[] {
  const json = execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx", ...args], {
    ...{ cwd: folder, encoding: "utf8", maxBuffer: 64 * 1024 * 1024, shell: process.platform === "win32" },
  });
  const { components }: { components: Component[] } = JSON.parse(json);
  return components;
}

/** All that is locked for this platform is installed, in its version, and nothing else. */
function expectLockedPackages(folder: string): void {
  const nameOf = ([path, { name, version }]: (typeof installed)[number]) =>
    `${name ?? packageOf(path)[0]}@${version}`;
  const found = new Set(billOfMaterials(folder).map(({ name, version }) => `${name}@${version}`));
  const locked = new Set(installed.map(nameOf));
  expect([...found].filter((each) => !locked.has(each))).toEqual([]);
  const needed = installed.filter(([, { optional }]) => !optional).map(nameOf);
  expect(needed.filter((each) => !found.has(each))).toEqual([]);
}

it("what is installed is what is locked, and its licences are known", () => {
  expectLockedPackages(root);
  const odd = billOfMaterials(root, "--omit", "dev").flatMap(({ name, licenses = [] }) =>
    licenses.map(({ license }) => ({ name, license: license?.id ?? license?.name ?? "none" })),
  );
  expect(odd.filter(({ license }) => !LICENSES.test(license))).toEqual([]);
});

it.runIf(process.env.GATEWAY_TEST_FULL === "1")(
  "npm ci installs it from npm's cache alone, without a network and without a script",
  async ({ skip }) => {
    const folder = await mkdtemp(join(tmpdir(), "offline-install-"));
    try {
      for (const name of ["package.json", "package-lock.json", ".npmrc"]) {
        await copyFile(join(root, name), join(folder, name));
      }
      const { status, stderr } = spawnSync("npm", ["ci", "--ignore-scripts", "--offline"], {
        ...{ cwd: folder, encoding: "utf8", shell: process.platform === "win32" },
      });
      skip(
        /ENOTCACHED/.test(stderr),
        "npm's cache lacks packages of the lockfile: run npm ci once on this computer",
      );
      expect(status, stderr).toBe(0);
      expectLockedPackages(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  300_000,
);

it("git tracks no file that should stay on this computer", () => {
  const tracked = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).split("\n");
  const kept = tracked.filter((path) =>
    /(^|\/)(\.env(\.local)?|node_modules|\.data|\.next)(\/|$)/.test(path),
  );
  expect(kept).toEqual([]);
});

// Free of dependencies: installs what tests need, then runs every check of the project.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installIfNeeded } from "./local/installIfNeeded.mjs";

const root = dirname(fileURLToPath(import.meta.url));
const bin = (name) => join(root, "node_modules", name);
const isFull = process.argv.includes("--full");
const startTimeoutMs = 240_000;
const chromiumTimeoutMs = 150_000;

// Tests can never spend money or touch a configured deployment.
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(ANTHROPIC|CONVEX|NEXT_PUBLIC_CONVEX|GATEWAY)_/.test(name),
  ),
);
if (isFull) env.GATEWAY_TEST_FULL = "1";

const running = new Set();
let isInterrupted = false;
let passed = 0;
let failed = 0;

function begin(args, options = {}) {
  if (isInterrupted) throw new Error("interrupted");
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: "inherit",
    detached: true,
    ...options,
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It ended by itself.
  }
}

const ended = (child) =>
  new Promise((resolve) => {
    child.once("error", () => resolve(1));
    child.once("exit", (code, signal) => resolve(signal ? 1 : code));
  });

/** Runs one step, which fails by throwing or by a false result; prints how long it took. */
async function step(title, work) {
  const startedAt = performance.now();
  console.log(`\n▶ ${title}`);
  let isOk = false;
  try {
    isOk = (await work()) !== false;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  isOk ? passed++ : failed++;
  console.log(`${isOk ? "✓" : "✗"} ${title} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return isOk;
}

const node = async (...args) => (await ended(begin(args))) === 0;

/** A Chromium that can be started: the one named, Playwright's, the system's, else one that is installed now. */
async function findChromium() {
  const { chromium } = await import("@playwright/test");
  const system = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const candidates = [process.env.CHROMIUM_PATH, chromium.executablePath(), ...system];
  const find = () => candidates.find((path) => path && existsSync(path) && canRun(path));
  const installers = [
    () => install(process.execPath, [bin("playwright/cli.js"), "install", "chromium"]),
    () =>
      install("apt-get", ["update"]) &&
      install("apt-get", ["install", "-y", "--no-install-recommends", "chromium"]),
  ];
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) installers.pop();
  for (const run of [() => true, ...installers]) {
    run();
    const path = find();
    if (path) return path;
  }
  throw new Error(
    "No Chromium was found or could be installed. Install one and name it: CHROMIUM_PATH=/path/to/chrome npm test",
  );
}

/** Whether its shared libraries are there, which a downloaded browser does not bring along. */
function canRun(path) {
  return spawnSync(path, ["--version"], { timeout: 20_000 }).status === 0;
}

function install(command, args) {
  console.log(`Installing Chromium: ${[command, ...args].join(" ")}`);
  return (
    spawnSync(command, args, { cwd: root, env, stdio: "inherit", timeout: chromiumTimeoutMs }).status === 0
  );
}

/** Starts the whole application on free ports with data of its own; resolves with what ready.json says. */
async function startApplication(dataDir) {
  const free = { PORT: "0", CONVEX_PORT: "0", CONVEX_SITE_PORT: "0", CLAUDE_PORT: "0" };
  const child = begin(["start.mjs", "--isolated"], {
    env: { ...env, ...free, GATEWAY_DATA_DIR: dataDir },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const end = ended(child);
  const readyPath = join(dataDir, "ready.json");
  const deadline = Date.now() + startTimeoutMs;
  while (!existsSync(readyPath)) {
    const isOver = await Promise.race([
      end.then(() => true),
      new Promise((resolve) => setTimeout(resolve, 100, false)),
    ]);
    if (isOver) throw new Error("The application did not start; see above.");
    if (Date.now() > deadline)
      throw new Error(`The application was not ready after ${startTimeoutMs / 1000} s.`);
  }
  const stop = async () => {
    signalGroup(child, "SIGTERM");
    await end;
  };
  return { ready: JSON.parse(readFileSync(readyPath, "utf8")), stop };
}

async function runEndToEnd(dataDir) {
  const chromiumPath = await findChromium();
  const { ready, stop } = await startApplication(dataDir);
  try {
    Object.assign(env, {
      CHROMIUM_PATH: chromiumPath,
      GATEWAY_TEST_WEB_URL: ready.webUrl,
      GATEWAY_TEST_CONVEX_URL: ready.convexUrl,
      GATEWAY_TEST_SITE_URL: ready.siteUrl,
      GATEWAY_TEST_CLAUDE_URL: ready.claudeUrl,
      GATEWAY_TEST_ADMIN_KEY: readFileSync(join(dataDir, "convex/admin-key"), "utf8").trim(),
      GATEWAY_TEST_DATA_DIR: dataDir,
    });
    return await node(bin("@playwright/test/cli.js"), "test", "--config", "e2e/playwright.config.ts");
  } finally {
    await stop();
  }
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    isInterrupted = true;
    const children = [...running];
    for (const child of children) signalGroup(child, "SIGTERM");
    await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? ended(child)));
    process.exit(1);
  });
}

await installIfNeeded();
const dataDir = mkdtempSync(join(tmpdir(), "gateway-test-"));
process.on("exit", () => rmSync(dataDir, { recursive: true, force: true }));

async function typecheck() {
  const tsc = bin("typescript/bin/tsc");
  return (await node(tsc, "--noEmit")) && (await node(tsc, "--noEmit", "-p", "convex"));
}
async function findSecrets() {
  return await node(bin("secretlint/bin/secretlint.js"), "--secretlintignore", ".gitignore", "**/*");
}
async function lint() {
  const isBiomeOk = await node(bin("@biomejs/biome/bin/biome"), "check", ".");
  return (await node(bin("eslint/bin/eslint.js"), ".")) && isBiomeOk;
}

// Nothing here depends on time: two lanes, about equally long.
await Promise.all([
  step("lint", lint),
  step("typecheck", typecheck).then(() => step("search for secrets", findSecrets)),
]);
await step("unit tests", () => node(bin("vitest/vitest.mjs"), "run"));
await step("conformance of the embedded deployment", () =>
  node(bin("vitest/vitest.mjs"), "run", "--config", "local/convex/conformance/vitest.config.ts"),
);
await step("HTTP tests", () =>
  node(bin("vitest/vitest.mjs"), "run", "--config", "e2e/http/vitest.config.ts"),
);
await step("browser tests", () => runEndToEnd(dataDir));
console.log(`\n${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;

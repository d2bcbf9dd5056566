import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Guard, MUTANTS, type Mutant } from "./mutants.ts";

// Plants each bug of mutants.ts in a copy of the work tree and runs the tests that guard it. Words as arguments choose
// the mutants whose bug contains one of them.
const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const GUARD_TIMEOUT_MS = 180_000;

/** What a guard said: whether it ran at all, and whether it found nothing wrong. */
type Verdict = "passed" | "failed" | "broken";

async function copyWorkTree(): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), "gateway-mutants-"));
  process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  const { stdout } = await promisify(execFile)(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
    { cwd: root, maxBuffer: 1 << 24 },
  );
  for (const file of stdout.split("\0").filter(Boolean)) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await copyFile(join(root, file), join(copy, file));
  }
  await symlink(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** The mutated text. Throws when the code has moved on and the mutant no longer fits. */
async function mutate(mutant: Mutant): Promise<string> {
  const text = await readFile(join(root, mutant.file), "utf8");
  const parts = text.split(mutant.text);
  if (parts.length !== 2) {
    throw new Error(`"${mutant.bug}": ${mutant.file} has its text ${parts.length - 1} times, not once.`);
  }
  return parts.join(mutant.replacement);
}

function commandOf(guard: Guard, reportPath: string): string[] {
  if ("lint" in guard) {
    return ["node_modules/eslint/bin/eslint.js", "--format", "json", "--output-file", reportPath, guard.lint];
  }
  const isHttp = guard.test.startsWith("e2e/http/");
  return [
    ...["node_modules/vitest/vitest.mjs", "run", guard.test],
    ...(isHttp ? ["--config", "e2e/http/vitest.config.ts"] : []),
    ...(guard.named === undefined ? [] : ["--testNamePattern", guard.named]),
    ...["--bail=1", "--reporter=json", "--outputFile", reportPath],
  ];
}

/** A guard that could not run says nothing about a mutant: only a test or a rule that failed catches it. */
async function ask(guard: Guard, copy: string): Promise<Verdict> {
  const reportPath = join(copy, ".guard.json");
  await writeFile(reportPath, "{}");
  const isFull = "isFull" in guard && guard.isFull === true;
  const child = spawn(process.execPath, commandOf(guard, reportPath), {
    cwd: copy,
    env: { ...process.env, ...(isFull && { GATEWAY_TEST_FULL: "1" }) },
    stdio: "ignore",
    timeout: GUARD_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  const report: unknown = JSON.parse(await readFile(reportPath, "utf8"));
  const [good, bad] = Array.isArray(report) ? lintCounts(report) : testCounts(report as TestReport);
  if (code === 0 && good > 0) return "passed";
  return bad > 0 ? "failed" : "broken";
}

interface TestReport {
  numPassedTests?: number;
  numFailedTests?: number;
}

function testCounts({ numPassedTests = 0, numFailedTests = 0 }: TestReport): [good: number, bad: number] {
  return [numPassedTests, numFailedTests];
}

function lintCounts(files: { errorCount: number; fatalErrorCount: number }[]): [good: number, bad: number] {
  const errors = files.reduce(
    (sum, { errorCount, fatalErrorCount }) => sum + errorCount - fatalErrorCount,
    0,
  );
  return [files.length, errors];
}

function print(outcome: string, startedAt: number, text: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(`${outcome.padEnd(10)}${seconds.padStart(4)} s  ${text}`);
}

async function run(words: readonly string[]): Promise<boolean> {
  const chosen = MUTANTS.filter(({ bug }) => words.length === 0 || words.some((word) => bug.includes(word)));
  const planted = await Promise.all(
    chosen.map(async (mutant) => ({ ...mutant, mutated: await mutate(mutant) })),
  );
  const copy = await copyWorkTree();
  const sound = new Map<string, boolean>();
  const startedAt = performance.now();
  let caught = 0;
  for (const { bug, file, mutated, guard } of planted) {
    const name = Object.values(guard)
      .filter((part) => part !== true)
      .join(" › ");
    if (!sound.has(name)) {
      const beganAt = performance.now();
      const verdict = await ask(guard, copy);
      sound.set(name, verdict === "passed");
      if (verdict !== "passed") print(verdict, beganAt, `${name}, without any mutant`);
    }
    const beganAt = performance.now();
    await writeFile(join(copy, file), mutated);
    const verdict = await ask(guard, copy);
    await copyFile(join(root, file), join(copy, file));
    const isCaught = verdict === "failed" && sound.get(name) === true;
    if (isCaught) caught++;
    print(isCaught ? "caught" : verdict === "passed" ? "SURVIVED" : "NOT TOLD", beganAt, `${bug}  (${name})`);
  }
  print(`${caught} of ${planted.length}`, startedAt, "mutants were caught");
  return caught === planted.length && planted.length > 0;
}

process.exitCode = (await run(process.argv.slice(2))) ? 0 : 1;

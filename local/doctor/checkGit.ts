import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Check } from "./Check.ts";

const run = promisify(execFile);
const repository = resolve(fileURLToPath(import.meta.url), "../../..");
const TIMEOUT_MS = 60_000;
const NAME = "git";
/** Anthropic's keys, as git's regular expressions have it. */
const KEY_PATTERN = "sk-ant-[a-z]{3,5}[0-9]{2}-[A-Za-z0-9_-]{20,}";

/** Whether git holds a secret: in a commit that is still to be pushed, in what is committed, or in what is staged. */
export async function checkGit(root: string): Promise<Check> {
  if ((await git(root, ["rev-parse", "--is-inside-work-tree"])) === null) {
    return { name: NAME, ok: true, detail: "Not a git repository: no secret can be committed." };
  }
  const commit = await unpushedCommitWithKey(root);
  if (commit !== null) return await explainCommit(root, commit);
  const paths = await pathsWithSecrets(root);
  const [path] = paths;
  if (path !== undefined) return await explainPath(root, path, paths.length - 1);
  return { name: NAME, ok: true, detail: "git holds no secret." };
}

async function explainCommit(root: string, commit: string): Promise<Check> {
  const hasParent = (await git(root, ["rev-parse", "--verify", "-q", `${commit}~1`])) !== null;
  return {
    name: NAME,
    ok: false,
    detail:
      `The commit ${commit.slice(0, 10)} holds an Anthropic key and is not pushed yet. GitHub refuses it, even if a later commit ` +
      "removes the key. The command undoes the commits from there on and keeps your files; take the key out, then commit again.",
    command: hasParent ? `git reset -q ${commit.slice(0, 10)}~1` : "git update-ref -d HEAD && git reset -q",
  };
}

/** Runs secretlint over the index: what is committed, with what is staged, whatever the working tree looks like now. */
async function pathsWithSecrets(root: string): Promise<string[]> {
  if ((await git(root, ["ls-files"])) === "") return [];
  const directory = await mkdtemp(join(tmpdir(), "doctor-index-"));
  try {
    await git(root, ["checkout-index", "--all", "--force", `--prefix=${directory}/`]);
    const args = [
      join(repository, "node_modules/secretlint/bin/secretlint.js"),
      ...["--secretlintrc", join(repository, ".secretlintrc.json"), "--format", "unix", "**/*"],
    ];
    const { stdout } = await run(process.execPath, args, {
      cwd: directory,
      timeout: TIMEOUT_MS,
      maxBuffer: 1e8,
    }).catch((failure: { code?: unknown; stdout: string }) => {
      if (failure.code === 1) return failure;
      throw failure;
    });
    const paths = stdout.split("\n").flatMap((line) => /^(.+?):\d+:\d+: /.exec(line)?.[1] ?? []);
    return [...new Set(paths.map((path) => relative(directory, resolve(directory, path))))];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function explainPath(root: string, path: string, others: number): Promise<Check> {
  const more = others > 0 ? ` (and ${others} more)` : "";
  if ((await git(root, ["cat-file", "-e", `HEAD:${path}`])) === null) {
    return {
      name: NAME,
      ok: false,
      detail: `${path}${more} is staged and holds a secret; GitHub would refuse the push. Secrets belong into the deployment.`,
      command: `git rm --cached -f -q -- ${quote(path)}`,
    };
  }
  const hasStagedChange = (await git(root, ["diff", "--cached", "--quiet", "--", path])) === null;
  const isCommitted = (await git(root, ["grep", "-qE", KEY_PATTERN, "HEAD", "--", path])) !== null;
  if (hasStagedChange && !isCommitted) {
    return {
      name: NAME,
      ok: false,
      detail: `The staged change of ${path}${more} holds a secret; GitHub would refuse the push. Unstage it, then take the secret out.`,
      command: `git restore --staged -- ${quote(path)}`,
    };
  }
  return {
    name: NAME,
    ok: false,
    detail:
      `${path}${more} is committed and holds a secret. Whoever has the repository has it: make another key at ` +
      "https://console.anthropic.com/settings/keys and delete this one. The command takes the file out of git and leaves it on disk.",
    command: `git rm --cached -f -q -- ${quote(path)}`,
  };
}

/** The oldest commit that no remote has and that adds a key. */
async function unpushedCommitWithKey(root: string): Promise<string | null> {
  const args = ["log", "--format=%H", "--reverse", "--extended-regexp", `-G${KEY_PATTERN}`];
  const commits = await git(root, [...args, "HEAD", "--not", "--remotes"]);
  return commits?.split("\n").find((commit) => commit !== "") ?? null;
}

/** stdout, or null when git says no. */
async function git(root: string, args: string[]): Promise<string | null> {
  try {
    return (await run("git", args, { cwd: root, timeout: TIMEOUT_MS, maxBuffer: 1e8 })).stdout;
  } catch (error) {
    if (error instanceof Error && "killed" in error && error.killed === true) throw error;
    return null;
  }
}

function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

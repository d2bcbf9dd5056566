import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { checkGit } from "./checkGit.ts";

const run = promisify(execFile);
const folders: string[] = [];
// Built here, so that this file holds no key itself.
const key = `sk-ant-${"api03"}-${"Qz7Rk2Vt9Lm4Xc1B".repeat(6).slice(0, 93)}AA`;

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "doctor-git-"));
  folders.push(folder);
  return folder;
}

/** A repository with one harmless commit. */
async function newRepository() {
  const root = await newFolder();
  const sh = (command: string) => run("sh", ["-c", command], { cwd: root });
  const write = (path: string, text: string) => writeFile(join(root, path), text);
  await sh("git init -q -b main && git config user.email a@example.com && git config user.name A");
  await write("readme.txt", "hello\n");
  await sh("git add . && git commit -qm first");
  return { root, sh, write };
}

/** Follows the printed command, after which git holds no secret; the key never appears in the advice. */
async function expectCure(root: string, detail: RegExp, command: RegExp): Promise<void> {
  const found = await checkGit(root);
  expect(found).toMatchObject({ ok: false, detail: expect.stringMatching(detail) });
  expect(found.command).toMatch(command);
  expect(JSON.stringify(found)).not.toContain(key.slice(7, 30));
  await run("sh", ["-c", found.command ?? "false"], { cwd: root });
  expect(await checkGit(root)).toEqual({ name: "git", ok: true, detail: "git holds no secret." });
}

it("a staged file with a key is unstaged, even if the working tree is clean again", async () => {
  const { root, sh, write } = await newRepository();
  await write("config file.ts", `export const key = "${key}";\n`);
  await sh("git add .");
  await write("config file.ts", "");
  await expectCure(
    root,
    /^config file.ts is staged and holds a secret/,
    /^git rm --cached -f -q -- 'config file.ts'$/,
  );
});

it("a staged change of a committed file is unstaged", async () => {
  const { root, sh, write } = await newRepository();
  await write("readme.txt", `hello ${key}\n`);
  await sh("git add .");
  await expectCure(root, /staged change of readme.txt/, /^git restore --staged -- readme.txt$/);
});

it("an unpushed commit with a key is undone, even if a later one removed the key", async () => {
  const { root, sh, write } = await newRepository();
  await write("readme.txt", `hello ${key}\n`);
  await sh("git commit -qam second");
  await write("readme.txt", "hello again\n");
  await sh("git commit -qam third");
  await expectCure(
    root,
    /^The commit [0-9a-f]{10} holds an Anthropic key and is not pushed yet/,
    /^git reset -q [0-9a-f]{10}~1$/,
  );
});

it("the very first commit with a key is undone", async () => {
  const { root, sh, write } = await newRepository();
  await write("readme.txt", `hello ${key}\n`);
  await sh("git commit -qa --amend -m first");
  await expectCure(root, /not pushed yet/, /^git update-ref -d HEAD && git reset -q$/);
});

it("a key that was pushed is leaked: replace it, and take the file out of git", async () => {
  const { root, sh, write } = await newRepository();
  await write("keys.txt", `${key}\n`);
  await sh("git add . && git commit -qm second && git init -q --bare origin.git");
  await sh("git remote add origin ./origin.git && git push -q origin main");
  await expectCure(
    root,
    /make another key at https:\/\/console.anthropic.com/,
    /^git rm --cached -f -q -- keys.txt$/,
  );
});

it("a folder without git is fine", async () => {
  expect(await checkGit(await newFolder())).toMatchObject({ ok: true });
});

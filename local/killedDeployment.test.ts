import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleDeployment } from "./bundleDeployment.ts";
import { seededRandom } from "./convex/faults/seededRandom.ts";
import { pushBody } from "./convex/host/startTestHost.ts";

const root = join(import.meta.dirname, "..");
const KILLS = process.env.GATEWAY_TEST_FULL === "1" ? 100 : 10;
const WRITERS = 12;
const READERS = 4;
const LIFE_MS = { from: 50, to: 450 };
const DRAIN_MS = 20_000;

const schema = `
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
const fields = { round: v.number(), n: v.number() };
export default defineSchema({
  halves: defineTable(fields).index("by_round", ["round"]),
  marks: defineTable(fields).index("by_round", ["round"]),
});
`;
const load = `
import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query, makeFunctionReference as ref } from "convex/server";
export const add = mutation({ handler: async (ctx, args) => {
  await ctx.db.insert("halves", args);
  await ctx.scheduler.runAfter(args.n % 3 === 0 ? 30 : 0, ref("load:mark"), args);
  await ctx.db.insert("halves", args);
} });
export const mark = mutation({ handler: (ctx, args) => ctx.db.insert("marks", args) });
export const addTwice = action({ handler: async (ctx, { round, n }) => {
  await ctx.runMutation(ref("load:add"), { round, n });
  await ctx.runMutation(ref("load:add"), { round, n: n + 1 });
} });
export const read = query({ handler: async (ctx, { round }) => {
  const of = async (table) =>
    (await ctx.db.query(table).withIndex("by_round", (q) => q.eq("round", round)).collect()).map(({ n }) => n);
  return { halves: await of("halves"), marks: await of("marks") };
} });
`;

interface Running {
  child: ChildProcess;
  url: string;
  adminKey: string;
}
interface Round {
  halves: number[];
  marks: number[];
}

let dataDir: string;
let entry: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "convex-killed-"));
  await symlink(join(root, "node_modules"), join(dataDir, "node_modules"));
  entry = await bundleDeployment(root);
});
afterAll(() => rm(dataDir, { recursive: true }));

test(
  `after each of ${KILLS} kills under load: what was acknowledged is there, nothing is half, every job ran once, the file is sound`,
  async () => {
    const random = seededRandom(1);
    let running = await start();
    await push(running);
    for (let round = 1; round <= KILLS; round++) {
      const acknowledged = await killUnderLoad(
        running,
        round,
        LIFE_MS.from + random() * (LIFE_MS.to - LIFE_MS.from),
      );
      expect(integrityOf(join(dataDir, "convex.sqlite"))).toBe("ok");
      running = await start();
      const { halves, marks } = await drained(running, round);
      const counts = new Map<number, number>();
      for (const n of halves) counts.set(n, (counts.get(n) ?? 0) + 1);
      expect([...counts].filter(([, count]) => count !== 2)).toEqual([]);
      expect(acknowledged.filter((n) => !counts.has(n))).toEqual([]);
      expect(marks.sort()).toEqual([...counts.keys()].sort());
    }
    running.child.kill("SIGKILL");
  },
  KILLS * 30_000,
);

async function start(): Promise<Running> {
  const child = spawn(process.execPath, [entry, "--data-dir", dataDir, "--port", "0", "--site-port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{"ready"')) continue;
    const ready: { cloudUrl: string; adminKey: string } = JSON.parse(line);
    return { child, url: ready.cloudUrl, adminKey: ready.adminKey };
  }
  throw new Error("The deployment ended before it was ready.");
}

async function push(running: Running): Promise<void> {
  const post = async (path: string, body: object): Promise<object> => {
    const response = await fetch(`${running.url}/api/deploy2/${path}`, {
      method: "POST",
      headers: { authorization: `Convex ${running.adminKey}`, "content-type": "application/json" },
      body: JSON.stringify({ adminKey: running.adminKey, ...body }),
    });
    if (!response.ok) throw new Error(await response.text());
    return await response.json();
  };
  const startPush = await post("start_push", Object(pushBody({ "schema.js": schema, "load.js": load })));
  await post("finish_push", { startPush, dryRun: false });
}

/** Numbers whose writes the deployment acknowledged before it was killed. */
async function killUnderLoad({ child, url }: Running, round: number, afterMs: number): Promise<number[]> {
  const acknowledged: number[] = [];
  let next = 0;
  let isAlive = true;
  const call = async (kind: string, path: string, args: object): Promise<boolean> => {
    try {
      const response = await fetch(`${url}/api/${kind}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ path, args: [args] }),
      });
      const { status }: { status: string } = await response.json();
      return status === "success";
    } catch (error) {
      if (isAlive) throw error;
      return false;
    }
  };
  const write = async (): Promise<void> => {
    while (isAlive) {
      const n = next;
      next += 2;
      const isAction = n % 8 === 0;
      const isDone = await (isAction
        ? call("action", "load:addTwice", { round, n })
        : call("mutation", "load:add", { round, n }));
      if (isDone) acknowledged.push(...(isAction ? [n, n + 1] : [n]));
    }
  };
  const read = async (): Promise<void> => {
    while (isAlive) await call("query", "load:read", { round: round - 1 });
  };
  const work = Promise.all([
    ...Array.from({ length: WRITERS }, write),
    ...Array.from({ length: READERS }, read),
  ]);
  await sleep(afterMs);
  const exited = new Promise((resolve) => child.once("exit", resolve));
  isAlive = false;
  child.kill("SIGKILL");
  await exited;
  await work;
  return acknowledged;
}

/** What a round left, once its scheduled mutations have run. */
async function drained({ url }: Running, round: number): Promise<Round> {
  const deadline = Date.now() + DRAIN_MS;
  for (;;) {
    const response = await fetch(`${url}/api/query`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ path: "load:read", args: [{ round }] }),
    });
    const { value }: { value: Round } = await response.json();
    if (value.marks.length * 2 >= value.halves.length || Date.now() > deadline) return value;
    await sleep(20);
  }
}

/** In a process of its own, whose end gives up the lock on the file. */
function integrityOf(path: string): string {
  const script = `const db = new (require("libsql"))(process.argv[1]);
    console.log(db.prepare("PRAGMA integrity_check").get().integrity_check);`;
  return execFileSync(process.execPath, ["-e", script, path], { cwd: root, encoding: "utf8" }).trim();
}

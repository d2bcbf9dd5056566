/**
 * The embedded deployment on one core, against raw libsql with the same statements and against convex-test, in one run:
 * `npm run bench:convex`. Functions are called in process through the function host, as the HTTP API calls them.
 * Queries are counted per second of CPU time, mutations, which wait for the disk, per second.
 * `--quick` stops at 100,000 documents.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundleDeployment } from "../local/bundleDeployment.ts";
import { LiveQueries } from "../local/convex/sync/liveQueries.ts";
import { type BenchHost, openBenchHost, pushSources } from "./benchHost.ts";
import type { OracleFigures, OracleTask } from "./convexOracle.ts";
import { median } from "./median.ts";
import { perSecond } from "./perSecond.ts";
import { RawStore } from "./rawStore.ts";

const ROUNDS = 3;
const SIZES = process.argv.includes("--quick") ? [1_000, 100_000] : [1_000, 100_000, 1_000_000];
const AT_ONCE = 64;
const MUTATIONS = 5_000;
const QUERIES = 8_000;
const RANGE = 20;
const FILL = 4_000;
const SUBSCRIPTIONS = 1_000;
const BODY = "x".repeat(100);
const ORACLE_SIZE = 1_000;

const directory = await mkdtemp(join(tmpdir(), "bench-convex-"));
const host = await openBenchHost(directory);
await pushSources(host.host, directory);
const raw = new RawStore(join(directory, "raw.sqlite"));
const oracle = await askOracle({ size: ORACLE_SIZE, width: RANGE, body: BODY });
let size = 0;
const rows: string[] = ["| | embedded | raw libsql | convex-test |", "|---|---|---|---|"];

await growTo(1_000);
await measureMutations();
for (const wanted of SIZES) {
  await growTo(wanted);
  await measureQueries();
}
await measureSubscriptions(host);
await host.close();
raw.close();
await measureColdStart();
console.log(`${rows.join("\n")}\n`);
await rm(directory, { recursive: true });

/** Fills all three; the oracle only as far as it can be asked. */
async function growTo(wanted: number): Promise<void> {
  while (size < wanted) {
    const to = Math.min(size + FILL, wanted);
    const keys = Array.from({ length: to - size }, (_, index) => size + index);
    await host.host.store.transact((writer) => {
      for (const key of keys) writer.insert("docs", { key, body: BODY });
    });
    raw.insertAll(keys, BODY);
    size = to;
  }
}

/** Each is acknowledged when it is durable; those in flight together share a commit, in libsql too. */
async function measureMutations(): Promise<void> {
  const figures = { own: [] as number[], raw: [] as number[] };
  for (let round = 0; round <= ROUNDS; round++) {
    const at = (index: number) => 10_000_000 + round * MUTATIONS + index;
    const own = await perSecond(MUTATIONS, { atOnce: AT_ONCE, clock: "wall" }, (index) =>
      host.mutation("docs:add", { key: at(index), body: BODY }),
    );
    const groups = Math.ceil(MUTATIONS / AT_ONCE);
    const groupsPerSecond = await perSecond(groups, { atOnce: 1, clock: "wall" }, (group) =>
      raw.insertAll(
        Array.from({ length: AT_ONCE }, (_, index) => at(group * AT_ONCE + index)),
        BODY,
      ),
    );
    if (round === 0) continue;
    figures.own.push(own);
    figures.raw.push(groupsPerSecond * AT_ONCE);
  }
  rows.push(row(`durable mutations/s, ${AT_ONCE} at once`, figures, oracle.mutations));
}

async function measureQueries(): Promise<void> {
  const shapes = [
    { title: "point queries", width: 1, ownCount: QUERIES, asked: oracle.points },
    { title: `queries of ranges of ${RANGE}`, width: RANGE, ownCount: QUERIES / 4, asked: oracle.ranges },
  ];
  for (const { title, width, ownCount, asked } of shapes) {
    const figures = { own: [] as number[], raw: [] as number[] };
    const start = (index: number) => ((index * 7_919) % (size - width)) | 0;
    for (let round = 0; round <= ROUNDS; round++) {
      const own = await perSecond(ownCount, { atOnce: AT_ONCE, clock: "cpu" }, (index) =>
        width === 1
          ? host.query("docs:point", { key: start(index) })
          : host.query("docs:range", { from: start(index), to: start(index) + width }),
      );
      const bare = await perSecond(ownCount, { atOnce: 1, clock: "cpu" }, (index) =>
        raw.range(start(index), start(index) + width),
      );
      if (round === 0) continue;
      figures.own.push(own);
      figures.raw.push(bare);
    }
    rows.push(
      row(
        `${title}, per second, ${size.toLocaleString("en")} documents`,
        figures,
        size === ORACLE_SIZE ? asked : null,
      ),
    );
  }
}

/** Subscriptions on disjoint ranges; one write into one of them. */
async function measureSubscriptions({ host: functions, mutation }: BenchHost): Promise<void> {
  let runs = 0;
  const live = new LiveQueries(functions.store, (call) => {
    runs += 1;
    return functions.runQuery(call);
  });
  const width = size / SUBSCRIPTIONS;
  let latency = 0;
  let startedAt = 0;
  const subscriptions = Array.from({ length: SUBSCRIPTIONS }, (_, index) => {
    const args = { from: index * width, to: index * width + RANGE };
    const call = { path: "docs:range", args, identity: { kind: "none" } as const, journal: null };
    const subscription = live.subscribe(call, () => {
      void subscription.query.evaluate().then(() => {
        latency = performance.now() - startedAt;
      });
    });
    return subscription;
  });
  await Promise.all(subscriptions.map(({ query }) => query.evaluate()));
  const latencies: number[] = [];
  const perWrite: number[] = [];
  for (let write = 0; write < 50; write++) {
    const index = (write * 37) % SUBSCRIPTIONS;
    runs = 0;
    startedAt = performance.now();
    await mutation("docs:add", { key: index * width + 1, body: BODY });
    await subscriptions[index]?.query.evaluate();
    await new Promise((resolve) => setImmediate(resolve));
    perWrite.push(runs);
    latencies.push(latency);
  }
  live.close();
  rows.push(
    `| queries that run again, ${SUBSCRIPTIONS} subscriptions, one write into one | ${Math.max(...perWrite)}, after ${median(latencies).toFixed(1)} ms | | |`,
  );
}

/** The process that `npm start` starts, from its start to its ready line. */
async function measureColdStart(): Promise<void> {
  const entry = await bundleDeployment(join(import.meta.dirname, ".."));
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    const child = spawn(
      process.execPath,
      [entry, "--data-dir", directory, "--port", "0", "--site-port", "0"],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await new Promise((resolve) => child.stdout.once("data", resolve));
    times.push(performance.now() - startedAt);
    child.kill("SIGTERM");
    await new Promise((resolve) => child.once("exit", resolve));
  }
  rows.push(
    `| cold start with ${size.toLocaleString("en")} documents | ${(median(times) / 1000).toFixed(2)} s | | |`,
  );
}

function row(title: string, figures: { own: number[]; raw: number[] }, asked: number | null): string {
  const text = (figure: number) => Math.round(figure).toLocaleString("en");
  const oracleText = asked === null ? "" : text(asked);
  return `| ${title} | ${text(median(figures.own))} | ${text(median(figures.raw))} | ${oracleText} |`;
}

async function askOracle(task: OracleTask): Promise<OracleFigures> {
  const script = join(import.meta.dirname, "convexOracle.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--import",
    "tsx",
    script,
    JSON.stringify(task),
  ]);
  return JSON.parse(stdout);
}

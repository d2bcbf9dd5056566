/**
 * The performance table: direct to the simulated Claude, a bare pipe proxy, and the gateway, interleaved in one run; every body is
 * verified. Serving processes on core 0, load and simulated Claude on core 1. `--quick` divides the counts by five.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { callsPerRequest } from "./callsPerRequest.ts";
import { cpuMicros, residentMegabytes } from "./cpu.ts";
import { type GatewayServer, startGateway } from "./gatewayServer.ts";
import { run, type Shape, send, type Target } from "./load.ts";
import { median } from "./median.ts";
import { type Server, startServer } from "./servers.ts";

const DIVISOR = process.argv.includes("--quick") ? 5 : 1;
/** Many, because a round may take twice as long as the next one for reasons outside of both. */
const ROUNDS = 15;
/** The compiler needs some thousand requests; rounds before that are dropped. */
const WARM_UP_ROUNDS = 3;
const FILLER_BYTES = 128 * 1024;

interface Contestant extends Target {
  /** The serving process; null for direct calls. */
  pid: number | null;
}
interface Case {
  title: string;
  shape: Shape;
  count: number;
  connections: number;
}

function shape(
  script: object,
  options: { isStreaming: boolean; expectedText: string; filler?: string },
): Shape {
  return {
    body: JSON.stringify({
      model: "claude-sonnet-5-5",
      max_tokens: 4096,
      stream: options.isStreaming,
      messages: [{ role: "user", content: `${options.filler ?? ""}[[script ${JSON.stringify(script)}]]` }],
    }),
    isStreaming: options.isStreaming,
    expectedText: options.expectedText,
  };
}

const word = "abcdefg ";
const streamScript = { text: word, repeat: 50, deltas: 50, deltaMs: 0, firstDeltaMs: 0 };
const jsonShape = shape({ text: "Hello." }, { isStreaming: false, expectedText: "Hello." });
const streamShape = shape(streamScript, { isStreaming: true, expectedText: word.repeat(50) });
const largeShape = shape(
  { text: "Hello." },
  { isStreaming: false, expectedText: "Hello.", filler: "lorem ipsum ".repeat(FILLER_BYTES / 12) },
);
const cases: Case[] = [
  { title: "JSON, 32 connections", shape: jsonShape, count: 1000 / DIVISOR, connections: 32 },
  { title: "stream of 50 deltas, 32 connections", shape: streamShape, count: 500 / DIVISOR, connections: 32 },
  { title: "128 KiB prompt, 4 connections", shape: largeShape, count: 200 / DIVISOR, connections: 4 },
];

async function cpuPerRequest(contestant: Contestant, benchCase: Case): Promise<number> {
  const before = contestant.pid === null ? 0 : cpuMicros(contestant.pid);
  await run(contestant, benchCase.shape, benchCase);
  const after = contestant.pid === null ? 0 : cpuMicros(contestant.pid);
  return (after - before) / benchCase.count;
}

/** CPU per request of each contestant in each of the interleaved rounds. */
async function measureCase(contestants: Contestant[], benchCase: Case): Promise<number[][]> {
  const rounds: number[][] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const micros: number[] = [];
    for (const contestant of contestants) micros.push(await cpuPerRequest(contestant, benchCase));
    if (round >= WARM_UP_ROUNDS) rounds.push(micros);
  }
  return rounds;
}

/** Paired at one connection: the median of (contestant − direct), in milliseconds. */
async function addedFirstDelta(direct: Contestant, contestant: Contestant, count: number): Promise<number> {
  const differences: number[] = [];
  for (let index = 0; index < count; index++) {
    const base = await send(direct, streamShape);
    const measured = await send(contestant, streamShape);
    if (index >= count / 10) differences.push(measured.firstDeltaMs - base.firstDeltaMs);
  }
  return median(differences);
}

/** 500 slow streams at once (200 deltas at 20 a second): none may be dropped. Returns the peak resident memory. */
async function slowStreams(
  contestant: Contestant,
): Promise<{ completed: number; peakMegabytes: number; ms: number }> {
  const deltas = 200 / DIVISOR;
  const slow = shape(
    { text: word, repeat: deltas, deltas, deltaMs: 50 },
    { isStreaming: true, expectedText: word.repeat(deltas) },
  );
  let peakMegabytes = 0;
  const sampler = setInterval(() => {
    if (contestant.pid !== null) peakMegabytes = Math.max(peakMegabytes, residentMegabytes(contestant.pid));
  }, 100);
  const startedAt = performance.now();
  try {
    const answers = await run(contestant, slow, { count: 500, connections: 500 });
    return { completed: answers.length, peakMegabytes, ms: performance.now() - startedAt };
  } finally {
    clearInterval(sampler);
  }
}

function row(cells: (string | number)[]): void {
  process.stdout.write(
    `| ${cells.map((cell) => (typeof cell === "number" ? cell.toFixed(2) : cell)).join(" | ")} |\n`,
  );
}

async function measure(contestants: {
  direct: Contestant;
  proxy: Contestant;
  gateway: Contestant;
}): Promise<void> {
  const { direct, proxy, gateway } = contestants;
  row(["case", "bare proxy", "gateway", "multiple"]);
  row(["---", "---", "---", "---"]);
  for (const benchCase of cases) {
    const rounds = await measureCase([direct, proxy, gateway], benchCase);
    const medianOf = (value: (round: number[]) => number) => median(rounds.map(value));
    row([
      `CPU µs per request: ${benchCase.title}`,
      medianOf(([, base = Number.NaN]) => base).toFixed(0),
      medianOf(([, , ours = Number.NaN]) => ours).toFixed(0),
      `${medianOf(([, base = Number.NaN, ours = Number.NaN]) => ours / base).toFixed(1)}×`,
    ]);
  }
  const pairs = 200 / DIVISOR;
  const [proxyMs, gatewayMs] = [
    await addedFirstDelta(direct, proxy, pairs),
    await addedFirstDelta(direct, gateway, pairs),
  ];
  row(["ms added to the first delta, 1 connection", proxyMs, gatewayMs, ""]);
  for (const contestant of [proxy, gateway]) {
    const slow = await slowStreams(contestant);
    row([
      `500 slow streams: ${contestant.name}`,
      `${slow.completed} complete`,
      `${slow.peakMegabytes.toFixed(0)} MB RSS`,
      `${(slow.ms / 1000).toFixed(1)} s`,
    ]);
  }
}

async function printCalls(gateway: GatewayServer): Promise<void> {
  const target = { name: "gateway", url: gateway.siteUrl, key: gateway.key };
  row(["one JSON request calls", "documents read", "documents written"]);
  row(["---", "---", "---"]);
  for (const call of await callsPerRequest(gateway.client, () => send(target, jsonShape))) {
    row([call.name, String(call.documentsRead), String(call.documentsWritten)]);
  }
}

async function main(): Promise<void> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "gateway-bench-"));
  const servers: Server[] = [];
  try {
    const claude = await startServer({
      entry: "local/claude/main.ts",
      args: ["--fast"],
      core: 1,
      env: { CLAUDE_PORT: "0" },
    });
    servers.push(claude);
    const claudeUrl = String(claude.ready.url);
    const proxy = await startServer({ entry: "bench/pipeProxy.ts", args: [claudeUrl], core: 0 });
    servers.push(proxy);
    const gateway = await startGateway({ dataDir, claudeUrl, core: 0 });
    servers.push(gateway.server);
    await measure({
      direct: { name: "direct", url: claudeUrl, key: "simulated", pid: null },
      proxy: { name: "bare proxy", url: String(proxy.ready.url), key: "simulated", pid: proxy.pid },
      gateway: { name: "gateway", url: gateway.siteUrl, key: gateway.key, pid: gateway.server.pid },
    });
    await printCalls(gateway);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(dataDir, { recursive: true, force: true });
  }
}

await main();

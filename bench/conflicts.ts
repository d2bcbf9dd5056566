import type { Id } from "../convex/_generated/dataModel";
import type { MutationCtx } from "../convex/_generated/server";
import { admitRequest } from "../convex/admission";
import { NO_TOKENS } from "../convex/model/anthropicUsage";
import { newMeter } from "../convex/model/meter";
import { settleRequest } from "../convex/settlement";
import { SimulatedStore } from "../convex/simulatedStore.setup";

/** From a mutation's snapshot to its commit: an assumption, Convex publishes no figure. */
const MUTATION_MS = 10;
const ANSWER_MS = 1_000;
const VIRTUAL_MS = 8_000;
const RETRIES = 4;
const BACKOFF_MS = [100, 2_000] as const;
const LIMIT = 1e15;

interface Scenario {
  name: string;
  keys: number;
  /** Of each key's meter; 0: the keys have no limits. */
  keyShards: number;
  /** Of the gateway's meter; 0: it has no limits. */
  gatewayShards: number;
}

interface Figures {
  mutations: number;
  retried: number;
  failed: number;
  requests: number;
}

/** Seeded, so that a table repeats. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Admit and settle as they are, on documents in memory under Convex's conflict rule, in virtual time. */
class Simulation {
  readonly figures: Figures = { mutations: 0, retried: 0, failed: 0, requests: 0 };
  private readonly store = new SimulatedStore();
  private readonly events: { at: number; run: () => Promise<void> }[] = [];
  private now = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly random: () => number,
  ) {}

  async run(requestsPerSecond: number): Promise<Figures> {
    const startedAt = Date.UTC(2026, 10, 24, 12);
    Date.now = () => startedAt + Math.floor(this.now);
    Math.random = this.random;
    await this.store.run((ctx) => this.createKeys(ctx));
    for (let at = 0; at < VIRTUAL_MS; at += -Math.log(1 - this.random()) * (1_000 / requestsPerSecond)) {
      this.schedule(at, () => this.request());
    }
    while (this.events.length > 0) {
      const next = this.events.shift();
      if (!next) break;
      this.now = next.at;
      await next.run();
    }
    return this.figures;
  }

  private schedule(at: number, run: () => Promise<void>): void {
    let index = this.events.length;
    while (index > 0 && (this.events[index - 1]?.at ?? 0) > at) index--;
    this.events.splice(index, 0, { at, run });
  }

  private async createKeys(ctx: MutationCtx): Promise<void> {
    const { keys, keyShards, gatewayShards } = this.scenario;
    const limits = { monthlyBudgetNanoUsd: LIMIT, requestsPerMinute: 1e9 };
    const userId = await ctx.db.insert("users", {});
    const memberId = await ctx.db.insert("members", { userId, email: "a@b.c", role: "member" });
    for (let n = 0; n < keys; n++) {
      const key = { memberId, name: `${n}`, keyHash: `key ${n}`, lastFour: "0000" };
      const meterIds = await meters(ctx, keyShards);
      const limited = keyShards === 0 ? { limits: {} } : { limits, meterIds };
      await ctx.db.insert("apiKeys", { ...key, ...limited });
    }
    if (gatewayShards > 0) {
      const meterIds = await meters(ctx, gatewayShards);
      const defaults = { defaultModel: "claude-sonnet-5-5", defaultMaxTokens: 1 };
      await ctx.db.insert("settings", { ...defaults, limits, meterIds });
    }
  }

  private async request(): Promise<void> {
    const requestId = `req ${this.figures.requests++}`;
    const keyHash = `key ${Math.floor(this.random() * this.scenario.keys)}`;
    const demand = {
      maxTokens: 100,
      fallbackModels: [],
      inputTokens: 100,
      cacheTtl: "none" as const,
      webSearchUses: 0,
    };
    const common = {
      source: "api" as const,
      endpoint: "POST /v1/messages",
      isStreaming: false,
      isDurable: false,
    };
    const admit = (ctx: MutationCtx) =>
      admitRequest(ctx, { requestId, caller: { keyHash }, attempt: 1, demand, ...common });
    await this.mutate(admit, (decision) => {
      if (!decision.ok) {
        this.figures.failed++;
        return;
      }
      this.schedule(this.now + ANSWER_MS, () =>
        this.mutate(
          (ctx) => settle(ctx, decision.rowId),
          () => this.forget(decision.rowId),
        ),
      );
    });
  }

  private forget(rowId: Id<"requests">): void {
    // Settled rows are in nobody's way, but the store in memory would look at them all.
    void this.store.run((ctx) => ctx.db.delete("requests", rowId));
  }

  private async mutate<Result>(
    mutation: (ctx: MutationCtx) => Promise<Result>,
    then: (result: Result) => void,
    tries = 0,
  ): Promise<void> {
    this.figures.mutations++;
    const transaction = await this.store.begin(mutation);
    this.schedule(this.now + MUTATION_MS * (0.5 + this.random()), async () => {
      if (transaction.commit()) return then(transaction.result);
      if (tries === RETRIES) {
        this.figures.failed++;
        return;
      }
      this.figures.retried++;
      const backoffMs = Math.min(BACKOFF_MS[0] * 2 ** tries, BACKOFF_MS[1]) * this.random();
      this.schedule(this.now + backoffMs, () => this.mutate(mutation, then, tries + 1));
    });
  }
}

async function meters(ctx: MutationCtx, count: number): Promise<Id<"meters">[]> {
  const ids: Id<"meters">[] = [];
  for (let n = 0; n < count; n++) ids.push(await ctx.db.insert("meters", newMeter(Date.now())));
  return ids;
}

async function settle(ctx: MutationCtx, rowId: Id<"requests">): Promise<void> {
  const row = await ctx.db.get("requests", rowId);
  if (!row) throw new Error(`no row ${rowId}`);
  const tokens = { ...NO_TOKENS, outputTokens: 50 };
  await settleRequest(ctx, row, { status: "succeeded", usageSource: "reported", tokens });
}

const SCENARIOS: Scenario[] = [
  { name: "one key, no limits", keys: 1, keyShards: 0, gatewayShards: 0 },
  ...[1, 2, 4, 8, 16, 32, 64].map((keyShards) => ({
    name: `one key, ${keyShards} shard${keyShards > 1 ? "s" : ""}`,
    keys: 1,
    keyShards,
    gatewayShards: 0,
  })),
  { name: "1,000 keys, no gateway limit", keys: 1_000, keyShards: 1, gatewayShards: 0 },
  { name: "1,000 keys, gateway limit in 8 shards", keys: 1_000, keyShards: 1, gatewayShards: 8 },
  { name: "1,000 keys, gateway limit in 64 shards", keys: 1_000, keyShards: 1, gatewayShards: 64 },
];
const RATES = [5, 10, 20, 50, 100, 200, 400];

process.env.GATEWAY_CONCURRENT_REQUESTS = process.argv[2] ?? "1016";
console.log(
  `mutations that run again per mutation that is wanted / lost after ${RETRIES} retries, by requests per second`,
);
console.log(["", ...RATES].join(" | "));
for (const scenario of SCENARIOS) {
  const cells: string[] = [];
  for (const rate of RATES) {
    const { mutations, retried, failed } = await new Simulation(scenario, mulberry32(rate)).run(rate);
    const wanted = mutations - retried;
    cells.push(`${((retried / wanted) * 100).toFixed(1)} % / ${((failed / wanted) * 100).toFixed(2)} %`);
  }
  console.log([scenario.name, ...cells].join(" | "));
}

import type { Doc, Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { type AdmitArgs, admitRequest } from "./admission";
import { expireRequest } from "./expiry";
import { NO_TOKENS } from "./model/anthropicUsage";
import type { Decision } from "./model/decision";
import { BUDGET_OF, BUDGET_WINDOWS, type MeterLimits } from "./model/limits";
import { newMeter } from "./model/meter";
import { settleRequest } from "./settlement";
import { SimulatedStore, type Transaction } from "./simulatedStore.setup";

const MODEL = "claude-sonnet-5-5";
const RETRIES = 4;
const HOUR_MS = 3_600_000;
/** Output tokens of this model are 10,000 nano-dollars each; input is left out of the demand. */
const NANO_USD_PER_TOKEN = 10_000;

export interface Random {
  /** In [0, 1). */
  next(): number;
  below(count: number): number;
  chance(ratio: number): boolean;
}

interface LimitedOwner {
  limits?: MeterLimits;
  meterIds?: string[];
}

/** A transaction that has run and waits for its commit, or a step that waits to begin. */
type Step = () => Promise<Step | null>;

/**
 * One history: programs send requests through admit and settle while commits overlap, replies are lost, workers die,
 * settles arrive late and twice, and the clock jumps. After every commit `check` must hold.
 */
export class LedgerHistory {
  readonly store = new SimulatedStore();
  private now = Date.UTC(2026, 10, 30, 22) + HOUR_MS * 1.5;
  private readonly steps: Step[] = [];
  private requests = 0;
  private keyHashes: string[] = [];

  constructor(
    private readonly random: Random,
    private readonly capacity: number,
  ) {}

  clock(): number {
    return this.now;
  }

  async run(requestCount: number): Promise<void> {
    await this.store.run((ctx) => this.createOwners(ctx));
    for (let n = 0; n < requestCount; n++) this.steps.push(this.request());
    while (this.steps.length > 0) {
      this.passTime();
      const [step] = this.steps.splice(this.random.below(this.steps.length), 1);
      const next = await step?.();
      if (next) this.steps.push(next);
      this.check();
      if (this.random.chance(0.05)) await this.expireLeases();
    }
    this.now += 100 * HOUR_MS;
    await this.expireLeases();
    this.check();
    this.checkEnd();
  }

  private passTime(): void {
    const { random } = this;
    if (random.chance(0.03)) this.now += (random.chance(0.5) ? 1 : -1) * HOUR_MS;
    else this.now += random.below(5_000);
  }

  private async createOwners(ctx: MutationCtx): Promise<void> {
    const { random } = this;
    const budgets = (most: number): MeterLimits => ({
      ...(random.chance(0.7) && { dailyBudgetNanoUsd: this.money(most) }),
      ...(random.chance(0.5) && { monthlyBudgetNanoUsd: this.money(most) }),
      ...(random.chance(0.5) && { totalBudgetNanoUsd: this.money(most) }),
      ...(random.chance(0.5) && { concurrentRequests: 1 + random.below(6) }),
      ...(random.chance(0.3) && { outputTokensPerMinute: 1 + random.below(2_000) }),
      ...(random.chance(0.3) && { requestsPerMinute: 1 + random.below(20) }),
    });
    const userId = await ctx.db.insert("users", {});
    const memberId = await ctx.db.insert("members", { userId, email: "a@b.c", role: "member" });
    const isMemberLimited = random.chance(0.5);
    if (isMemberLimited) {
      const meterIds = await this.createMeters(ctx, { memberId }, 1 + random.below(8));
      await ctx.db.patch("members", memberId, { limits: budgets(12), meterIds });
    }
    const keyCount = 1 + random.below(3);
    for (let n = 0; n < keyCount; n++) {
      const keyHash = `key ${n}`;
      const fields = { memberId, name: keyHash, keyHash, lastFour: "0000", limits: budgets(8) };
      const apiKeyId = await ctx.db.insert("apiKeys", { ...fields, isMemberLimited });
      const meterIds = await this.createMeters(ctx, { apiKeyId }, random.chance(0.7) ? 1 : 4);
      if (random.chance(0.9)) await ctx.db.patch("apiKeys", apiKeyId, { meterIds });
      this.keyHashes.push(keyHash);
    }
    const gateway = random.chance(0.5)
      ? {
          limits: { ...budgets(16), concurrentRequests: undefined },
          meterIds: await this.createMeters(ctx, {}, 8),
        }
      : {};
    await ctx.db.insert("settings", { defaultModel: MODEL, defaultMaxTokens: 1, ...gateway });
  }

  private async createMeters(
    ctx: MutationCtx,
    owner: { apiKeyId?: Id<"apiKeys">; memberId?: Id<"members"> },
    count: number,
  ): Promise<Id<"meters">[]> {
    const meterIds: Id<"meters">[] = [];
    for (let n = 0; n < count; n++) {
      meterIds.push(await ctx.db.insert("meters", { ...owner, ...newMeter(this.now) }));
    }
    return meterIds;
  }

  /** Up to so many times the largest reservation. */
  private money(most: number): number {
    return (1 + this.random.below(most * 100)) * NANO_USD_PER_TOKEN;
  }

  /** A program's request: admit, now and then again because the reply was lost, then what becomes of it. */
  private request(): Step {
    const requestId = `req ${this.requests++}`;
    const keyHash = this.keyHashes[this.random.below(this.keyHashes.length)] ?? "";
    const maxTokens = 1 + this.random.below(100);
    const args: Omit<AdmitArgs, "caller" | "attempt"> = {
      requestId,
      source: "api",
      endpoint: "POST /v1/messages",
      isStreaming: false,
      isDurable: false,
      demand: {
        model: MODEL,
        maxTokens,
        fallbackModels: [],
        inputTokens: 0,
        cacheTtl: "none",
        webSearchUses: 0,
      },
    };
    const admit = (attempt: number): Step =>
      this.mutation(
        async (ctx) => {
          // The gateway asks again at once; once the lease has ended the row, its caller got an error.
          const isOver = this.requestRows().some(
            (row) => row.requestId === requestId && row.status !== "running" && row.status !== "refused",
          );
          return isOver ? null : await admitRequest(ctx, { ...args, caller: { keyHash }, attempt });
        },
        async (decision) => {
          if (decision?.ok) this.checkAdmitted();
          if (attempt === 1 && this.random.chance(0.1)) return admit(2);
          return this.afterAdmit(decision, maxTokens);
        },
        async () => (attempt === 1 ? admit(2) : null),
      );
    return admit(1);
  }

  private async afterAdmit(decision: Decision | null, maxTokens: number): Promise<Step | null> {
    // A worker that dies here, or a reply that nobody gets: the lease ends it.
    if (!decision?.ok || this.random.chance(0.15)) return null;
    const isOverrun = this.random.chance(0.05);
    const outputTokens = isOverrun ? maxTokens + this.random.below(50) : this.random.below(maxTokens + 1);
    const settle = this.settle(decision.rowId, outputTokens);
    if (this.random.chance(0.1)) this.steps.push(settle);
    return settle;
  }

  private settle(rowId: Id<"requests">, outputTokens: number): Step {
    const tokens = { ...NO_TOKENS, outputTokens };
    const again = async () => this.settle(rowId, outputTokens);
    return this.mutation(
      async (ctx) => {
        const row = await ctx.db.get("requests", rowId);
        if (!row) throw new Error(`no row ${rowId}`);
        return await settleRequest(ctx, row, { status: "succeeded", usageSource: "reported", tokens });
      },
      async () => null,
      again,
    );
  }

  /** Runs on the state of this instant; commits as a later step, and again from the start when that loses a conflict. */
  private mutation<Result>(
    mutate: (ctx: MutationCtx) => Promise<Result>,
    then: (result: Result) => Promise<Step | null>,
    otherwise: () => Promise<Step | null>,
  ): Step {
    const begin =
      (tries: number): Step =>
      async () => {
        const transaction: Transaction<Result> = await this.store.begin(mutate);
        return async () => {
          if (transaction.commit()) return await then(transaction.result);
          return tries < RETRIES ? begin(tries + 1) : await otherwise();
        };
      };
    return begin(0);
  }

  private async expireLeases(): Promise<void> {
    for (const row of this.requestRows()) {
      if (row.status === "running" && row.leaseExpiresAt < this.now) {
        await this.store.run((ctx) => expireRequest(ctx, row));
      }
    }
  }

  private meterRows(): Doc<"meters">[] {
    return this.store.all("meters") as unknown as Doc<"meters">[];
  }

  private requestRows(): Doc<"requests">[] {
    return this.store.all("requests") as unknown as Doc<"requests">[];
  }

  /** What must hold at every commit. */
  private check(): void {
    const rows = this.requestRows();
    const running = rows.filter(({ status }) => status === "running");
    const slots = running.map(({ slot }) => slot);
    expectThat(new Set(slots).size === slots.length && slots.length <= this.capacity, "slots are shared");
    const meters = this.meterRows();
    for (const owner of this.limitedOwners()) this.checkOwner(owner, { rows, running, meters });
  }

  /** An earlier overrun, too, must block what comes after it: no admit leaves a budget exceeded. */
  private checkAdmitted(): void {
    for (const { limits = {}, meterIds = [] } of this.limitedOwners()) {
      const meters = this.meterRows().filter(({ _id }) => meterIds.includes(_id));
      for (const window of BUDGET_WINDOWS) {
        const held = meters.reduce(
          (total, meter) => total + meter[window].settledNanoUsd + meter[window].reservedNanoUsd,
          0,
        );
        const budget = limits[BUDGET_OF[window]] ?? Number.POSITIVE_INFINITY;
        const isOurs = this.lastAdmitted()?.holds?.some(({ meterId }) => meterIds.includes(meterId));
        expectThat(!isOurs || held <= budget, `admitted although ${held} of ${budget} are held (${window})`);
      }
    }
  }

  private lastAdmitted(): Doc<"requests"> | undefined {
    return this.requestRows().at(-1);
  }

  private limitedOwners(): LimitedOwner[] {
    return ["apiKeys", "members", "settings"]
      .flatMap((table) => this.store.all(table))
      .map(({ limits, meterIds }) => ({ limits, meterIds }) as LimitedOwner)
      .filter(({ meterIds }) => meterIds !== undefined);
  }

  private checkOwner(
    { limits = {}, meterIds = [] }: LimitedOwner,
    all: { rows: Doc<"requests">[]; running: Doc<"requests">[]; meters: Doc<"meters">[] },
  ): void {
    const meters = all.meters.filter(({ _id }) => meterIds.includes(_id));
    const sum = (amount: (meter: Doc<"meters">) => number) =>
      meters.reduce((total, meter) => total + amount(meter), 0);
    const holds = all.running.flatMap(({ holds: own = [] }) =>
      own.filter(({ meterId }) => meterIds.includes(meterId)),
    );
    const reserved = holds.reduce((total, { nanoUsd }) => total + nanoUsd, 0);
    expectThat(sum(({ total }) => total.reservedNanoUsd) === reserved, "reservations differ from the rows");
    expectThat(sum((meter) => meter.running) === holds.length, "running differs from the rows");
    const { concurrentRequests = Number.POSITIVE_INFINITY } = limits;
    expectThat(holds.length <= concurrentRequests, "more requests run than may");
    const beyond = all.rows.reduce((total, row) => total + this.beyondReservation(row), 0);
    for (const window of BUDGET_WINDOWS) {
      const budget = limits[BUDGET_OF[window]];
      if (budget === undefined) continue;
      const held = sum((meter) => meter[window].settledNanoUsd + meter[window].reservedNanoUsd);
      expectThat(held <= budget + beyond, `${held} of a budget of ${budget} are held (${window})`);
    }
  }

  /** Only rows that are marked may exceed a budget, and only by what they cost beyond their reservation. */
  private beyondReservation(row: Doc<"requests">): number {
    const excess = (row.costNanoUsd ?? 0) - row.maxOutputTokens * NANO_USD_PER_TOKEN;
    if (row.status === "running" || excess <= 0) return 0;
    expectThat(row.overran === true || !this.wasHeld(row), "an overrun is not marked");
    return excess;
  }

  private wasHeld(row: Doc<"requests">): boolean {
    const key = this.store.all("apiKeys").find(({ _id }) => _id === row.apiKeyId);
    const isGatewayLimited = this.store.all("settings").some(({ meterIds }) => meterIds !== undefined);
    return key?.meterIds !== undefined || key?.isMemberLimited === true || isGatewayLimited;
  }

  private checkEnd(): void {
    const rows = this.requestRows();
    expectThat(
      rows.every(({ status }) => status !== "running"),
      "a request still runs",
    );
    const ids = rows.map(({ requestId }) => requestId);
    expectThat(new Set(ids).size === ids.length, "a request has two rows");
    const rolledUp = this.store
      .all("usageHours")
      .reduce((total, { costNanoUsd }) => total + Number(costNanoUsd), 0);
    const cost = rows.reduce((total, { costNanoUsd = 0 }) => total + costNanoUsd, 0);
    expectThat(rolledUp === cost, `the roll-ups say ${rolledUp}, the rows ${cost}`);
    for (const { meterIds = [] } of this.limitedOwners()) {
      const meters = this.store.all("meters").filter(({ _id }) => meterIds.includes(_id));
      const settled = meters.reduce(
        (total, meter) => total + (meter as unknown as Doc<"meters">).total.settledNanoUsd,
        0,
      );
      const counted = rows
        .filter((row) => this.belongsTo(row, meterIds))
        .reduce((t, r) => t + (r.costNanoUsd ?? 0), 0);
      expectThat(settled === counted, `the meters settled ${settled}, the rows cost ${counted}`);
    }
  }

  private belongsTo(row: Doc<"requests">, meterIds: string[]): boolean {
    const [meter] = this.store.all("meters").filter(({ _id }) => meterIds.includes(_id));
    if (meter?.apiKeyId !== undefined) return meter.apiKeyId === row.apiKeyId;
    const key = this.store.all("apiKeys").find(({ _id }) => _id === row.apiKeyId);
    return meter?.memberId === undefined || key?.isMemberLimited === true;
  }
}

function expectThat(claim: boolean, otherwise: string): void {
  if (!claim) throw new Error(otherwise);
}

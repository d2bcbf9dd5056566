import type { LimitRefusal } from "./decision";
import { BUDGET_OF, BUDGET_WINDOWS, type MeterLimits, PER_MINUTE_OF, RATES, type Rate } from "./limits";
import { type Meter, openedMeter } from "./meter";
import { type Bucket, hasToken, waitMs } from "./tokenBucket";
import { type BudgetWindow, windowEnd } from "./windows";

/** One meter and its part of the limits. */
export interface Shard {
  meter: Meter;
  share: MeterLimits;
}

export interface Charge {
  now: number;
  /** Null: a call that costs nothing takes a request per minute only. */
  worstCaseNanoUsd: number | null;
}

/** Whose limits refuse is the caller's to add. */
export type Shortage = WithoutScope<LimitRefusal>;
type WithoutScope<Refusal> = Refusal extends unknown ? Omit<Refusal, "scope"> : never;

/**
 * Takes one of the requests per minute, a slot and the worst case's money from the first shard: all or nothing.
 * What the first one lacks the others lend it, so that it is refused only when all of them together lack room. Returns
 * the meters after it, in the same order; those that lent nothing are the ones that came in.
 */
export function chargeMeters(
  shards: readonly [Shard, ...Shard[]],
  limits: MeterLimits,
  charge: Charge,
): Meter[] | Shortage {
  const loan = new Loan(shards, charge.now);
  for (const rate of RATES) {
    const shortage = takeRate(loan, { rate, limits, charge });
    if (shortage) return shortage;
  }
  if (charge.worstCaseNanoUsd !== null) {
    const shortage = takeSlot(loan, limits) ?? takeMoney(loan, limits, charge.now, charge.worstCaseNanoUsd);
    if (shortage) return shortage;
  }
  return loan.meters();
}

/** Working copies of the shards; the first one borrows. */
class Loan {
  readonly first: Meter;
  private readonly opened: (Meter | null)[];

  constructor(
    readonly shards: readonly [Shard, ...Shard[]],
    private readonly now: number,
  ) {
    const [{ meter, share }] = shards;
    this.first = openedMeter(meter, share, now);
    this.opened = [this.first, ...shards.slice(1).map(() => null)];
  }

  /** Moves up to `missing` from the others to the first; what is still missing afterwards. */
  borrow(
    missing: number,
    room: (meter: Meter, share: MeterLimits) => number,
    move: (lender: Meter, amount: number) => void,
  ): number {
    for (let index = 1; index < this.shards.length && missing > 0; index++) {
      const lender = this.meterAt(index);
      const amount = Math.min(missing, room(lender, this.shards[index]?.share ?? {}));
      if (amount > 0) {
        move(lender, amount);
        this.opened[index] = lender;
        missing -= amount;
      }
    }
    return missing;
  }

  all(): Meter[] {
    return this.shards.map((_, index) => this.meterAt(index));
  }

  meters(): Meter[] {
    return this.shards.map(({ meter }, index) => this.opened[index] ?? meter);
  }

  private meterAt(index: number): Meter {
    const shard = this.shards[index];
    if (!shard) throw new Error(`there is no shard ${index}`);
    return this.opened[index] ?? openedMeter(shard.meter, shard.share, this.now);
  }
}

function takeRate(
  loan: Loan,
  { rate, limits, charge }: { rate: Rate; limits: MeterLimits; charge: Charge },
): Shortage | null {
  const perMinute = limits[PER_MINUTE_OF[rate]];
  const bucket = loan.first[rate];
  if (perMinute === undefined || bucket === undefined) return null;
  // Tokens are charged by actual use when the request is settled; until then being out of debt is enough.
  if (rate !== "requests" && charge.worstCaseNanoUsd === null) return null;
  loan.borrow(
    1 - bucket.value,
    (meter) => meter[rate]?.value ?? 0,
    (lender, amount) => {
      const lent = lender[rate];
      if (lent) lent.value -= amount;
      bucket.value += amount;
    },
  );
  if (!hasToken(bucket)) {
    const buckets = loan.all().map((meter) => meter[rate]);
    return {
      reason: "rateLimited",
      rate,
      perMinute,
      retryAfterMs: waitMs(buckets.filter((each): each is Bucket => each !== undefined)),
    };
  }
  if (rate === "requests") bucket.value -= 1;
  return null;
}

function takeSlot(loan: Loan, { concurrentRequests }: MeterLimits): Shortage | null {
  const { first } = loan;
  const share = loan.shards[0].share.concurrentRequests;
  if (concurrentRequests !== undefined && share !== undefined) {
    const missing = loan.borrow(
      first.running + 1 - share,
      (meter, lenderShare) => (lenderShare.concurrentRequests ?? 0) - meter.running,
      (lender, amount) => {
        lender.running += amount;
        first.running -= amount;
      },
    );
    if (missing > 0) return { reason: "concurrencyLimited", concurrentRequests };
  }
  first.running += 1;
  return null;
}

function takeMoney(loan: Loan, limits: MeterLimits, now: number, worstCaseNanoUsd: number): Shortage | null {
  const lacking: BudgetWindow[] = [];
  for (const window of BUDGET_WINDOWS) {
    const isLimited = limits[BUDGET_OF[window]] !== undefined;
    if (isLimited && borrowMoney(loan, window, worstCaseNanoUsd) > 0) lacking.push(window);
  }
  const shortages = lacking.map((window) => moneyShortage(loan, limits, { window, worstCaseNanoUsd, now }));
  if (shortages.length > 0) {
    // Where waiting for running requests does not help, that is what the caller must know.
    return shortages.find(({ reason }) => reason === "budgetSpent") ?? shortages[0] ?? null;
  }
  for (const window of BUDGET_WINDOWS) loan.first[window].reservedNanoUsd += worstCaseNanoUsd;
  return null;
}

/** Gives the first shard room for an amount by moving what is spent to the others; what it still lacks. */
function borrowMoney(loan: Loan, window: BudgetWindow, amountNanoUsd: number): number {
  const missing = amountNanoUsd - moneyRoom(window, loan.first, loan.shards[0].share);
  if (missing <= 0) return 0;
  return loan.borrow(
    missing,
    (meter, share) => moneyRoom(window, meter, share),
    (lender, amount) => {
      lender[window].settledNanoUsd += amount;
      loan.first[window].settledNanoUsd -= amount;
    },
  );
}

function moneyRoom(window: BudgetWindow, meter: Meter, share: MeterLimits): number {
  const { settledNanoUsd, reservedNanoUsd } = meter[window];
  return (share[BUDGET_OF[window]] ?? 0) - settledNanoUsd - reservedNanoUsd;
}

function moneyShortage(
  loan: Loan,
  limits: MeterLimits,
  asked: { window: BudgetWindow; worstCaseNanoUsd: number; now: number },
): Shortage {
  const { window, worstCaseNanoUsd, now } = asked;
  const budgetNanoUsd = limits[BUDGET_OF[window]] ?? 0;
  let settledNanoUsd = 0;
  let reservedNanoUsd = 0;
  for (const meter of loan.all()) {
    settledNanoUsd += meter[window].settledNanoUsd;
    reservedNanoUsd += meter[window].reservedNanoUsd;
  }
  if (settledNanoUsd + worstCaseNanoUsd <= budgetNanoUsd) {
    return { reason: "budgetReserved", window, budgetNanoUsd, reservedNanoUsd };
  }
  const resetsAt = windowEnd(window, Math.max(now, loan.first.dayStartsAt));
  return {
    reason: "budgetSpent",
    window,
    budgetNanoUsd,
    settledNanoUsd,
    worstCaseNanoUsd,
    ...(resetsAt !== null && { resetsAt }),
  };
}

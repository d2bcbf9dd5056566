import { builtInPrice } from "./pricing";
import type { Demand } from "./reservation";

/**
 * What the requests of a batch may use together, by everything that decides their price. Reserving by group instead
 * of by request keeps a batch of thousands small enough for one mutation.
 */
export class BatchDemand {
  private readonly groups = new Map<string, Demand>();

  constructor(private readonly now: number) {}

  add(demand: Demand & { model: string; maxTokens: number }): void {
    const { model, maxTokens, inputTokens, cacheTtl, speed, inferenceGeo, fallbackModels, advisors } = demand;
    const price = builtInPrice(model, this.now);
    const isLongPrompt =
      price?.longPrompt !== undefined && (inputTokens ?? price.contextTokens) > price.longPrompt.aboveTokens;
    const isUnbounded = inputTokens === undefined;
    const key = JSON.stringify([
      model,
      cacheTtl,
      speed,
      inferenceGeo,
      fallbackModels,
      advisors,
      isLongPrompt,
      isUnbounded,
    ]);
    const group = this.groups.get(key);
    const objectIds = [...new Set([...(group?.objectIds ?? []), ...(demand.objectIds ?? [])])];
    this.groups.set(key, {
      ...demand,
      maxTokens: (group?.maxTokens ?? 0) + maxTokens,
      ...(inputTokens !== undefined && { inputTokens: (group?.inputTokens ?? 0) + inputTokens }),
      webSearchUses: (group?.webSearchUses ?? 0) + demand.webSearchUses,
      ...(advisors && {
        advisors: advisors.map(({ uses, ...advisor }, index) => ({
          ...advisor,
          uses: (group?.advisors?.[index]?.uses ?? 0) + uses,
        })),
      }),
      batch: { requests: (group?.batch?.requests ?? 0) + 1, isLongPrompt },
      ...(objectIds.length > 0 && { objectIds }),
    });
  }

  all(): Demand[] {
    return [...this.groups.values()];
  }
}

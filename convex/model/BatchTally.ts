import { addTokens, NO_TOKENS } from "./anthropicUsage";
import { messageOutcome } from "./messageOutcome";
import type { Outcome } from "./outcome";
import { builtInPrice } from "./pricing";
import type { Charge, ServedAs, Tokens } from "./validators";

/**
 * Adds up the results of a batch, line by line. Tokens of the same price are one charge; whether a prompt was a long
 * one is decided for each request. Errored, canceled and expired requests are not billed.
 */
export class BatchTally {
  private readonly charges = new Map<string, Charge>();
  private readonly tokens: Tokens = { ...NO_TOKENS };
  private succeeded = 0;
  private others = 0;

  /** `startedAt` chooses the prices. */
  constructor(private readonly startedAt: number) {}

  addLine(line: string): void {
    const { result } = JSON.parse(line) as { result?: { type?: string; message?: Record<string, unknown> } };
    if (result?.type !== "succeeded" || !result.message) {
      this.others++;
      return;
    }
    this.succeeded++;
    const outcome = messageOutcome(result.message);
    if (outcome.tokens && !outcome.isUnbilled) {
      for (const charge of outcome.charges ?? [{ tokens: outcome.tokens }]) {
        this.add(charge.model ?? outcome.servedModel, charge.tokens, outcome.servedAs ?? {});
      }
    }
  }

  private add(model: string | undefined, tokens: Tokens, served: ServedAs): void {
    const servedAs = { ...served, serviceTier: "batch" };
    const longPrompt = model === undefined ? undefined : builtInPrice(model, this.startedAt)?.longPrompt;
    const promptTokens =
      tokens.inputTokens +
      tokens.cacheReadInputTokens +
      tokens.cacheCreation5mInputTokens +
      tokens.cacheCreation1hInputTokens;
    const isLongPrompt = longPrompt !== undefined && promptTokens > longPrompt.aboveTokens;
    const key = JSON.stringify([model, servedAs.speed, servedAs.inferenceGeo, isLongPrompt]);
    const charge = this.charges.get(key) ?? {
      ...(model !== undefined && { model }),
      tokens: { ...NO_TOKENS },
      servedAs,
      isLongPrompt,
    };
    addTokens(charge.tokens, tokens);
    addTokens(this.tokens, tokens);
    this.charges.set(key, charge);
  }

  outcome(): Outcome {
    const charges = [...this.charges.values()];
    return {
      status: this.succeeded > 0 || this.others === 0 ? "succeeded" : "failed",
      usageSource: "reported",
      httpStatus: 200,
      tokens: this.tokens,
      servedAs: { serviceTier: "batch" },
      ...(charges.length > 0 && { charges }),
      ...(this.others > 0 && {
        errorType: "batch_requests_failed",
        errorMessage: `${this.others} of ${this.others + this.succeeded} requests errored, expired or were canceled; they are not billed.`,
      }),
    };
  }
}

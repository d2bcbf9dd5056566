import { createHash } from "node:crypto";

interface CachedPrompt {
  readonly tokens: number;
  readonly expiresAt: number;
}

const ttlMs = { "5m": 5 * 60_000, "1h": 60 * 60_000 } as const;
const capacity = 1_000;

/** Which conversations were cached, up to how many tokens: the first request creates, the next ones read. */
export class PromptCache {
  readonly #prompts = new Map<string, CachedPrompt>();

  constructor(private readonly now: () => number = Date.now) {}

  /** Returns how many of `tokens` were cached before, and caches all of them for another `ttl`. */
  read(identity: string, tokens: number, ttl: "5m" | "1h"): number {
    const key = createHash("sha256").update(identity).digest("base64");
    const known = this.#prompts.get(key);
    const now = this.now();
    this.#prompts.delete(key);
    this.#prompts.set(key, { tokens, expiresAt: now + ttlMs[ttl] });
    if (this.#prompts.size > capacity) {
      const oldest = this.#prompts.keys().next();
      if (!oldest.done) this.#prompts.delete(oldest.value);
    }
    return known && known.expiresAt > now ? Math.min(known.tokens, tokens) : 0;
  }
}

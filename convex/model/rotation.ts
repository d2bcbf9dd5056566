import type { SealedSecret } from "./webhookValidators";

/** How long the old secret still counts, so that both sides need not change at the same moment. */
const OVERLAP_MS = 24 * 60 * 60_000;

/** A secret after a rotation: the one in force until now becomes the previous one. */
export function rotated({ current }: SealedSecret, sealed: string, now: number): SealedSecret {
  return { current: sealed, previous: current, previousUntil: now + OVERLAP_MS };
}

/** Ciphertexts that count now, the current one first. */
export function inForce({ current, previous, previousUntil = 0 }: SealedSecret, now: number): string[] {
  return previous !== undefined && previousUntil > now ? [current, previous] : [current];
}

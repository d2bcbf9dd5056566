import type { Engine } from "./engine.ts";

/** Clients replay a mutation within minutes of a lost connection. */
const KEPT_MS = 24 * 60 * 60 * 1000;
const PRUNE_EVERY_MS = 60 * 60 * 1000;

/** Forgets results that no client will ask for again. Needs an open SQLite transaction. */
export function pruneSessionResults(engine: Engine): void {
  const now = engine.clock.nowMs();
  engine.statements.pruneSessionResults(now - KEPT_MS);
  engine.nextSessionPruneAt = now + PRUNE_EVERY_MS;
}

/** What the clients of a history do, as data, and what it does to a model of the store. */
export type Step =
  | { do: "insert"; group: number; rank: number; value: number }
  /** Adds to the document that is `nth` in a range; nothing when there is none. */
  | { do: "add"; range: Range; nth: number; value: number }
  | { do: "move"; range: Range; nth: number; group: number; rank: number }
  | { do: "delete"; range: Range; nth: number }
  | { do: "read"; range: Range }
  | { do: "wait"; turns: number }
  /** A sub-transaction. */
  | { do: "nested"; steps: Step[]; fails: boolean };

export interface Range {
  group: number;
  from: number;
  to: number;
  order: "asc" | "desc";
  limit: number;
}

export interface Program {
  id: number;
  steps: Step[];
  /** Throws at its end. */
  fails: boolean;
}

export type Random = () => number;
const GROUPS = 3;
const RANKS = 6;

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

export function randomRange(random: Random): Range {
  const from = below(random, RANKS);
  return {
    group: below(random, GROUPS),
    from,
    to: from + 1 + below(random, RANKS - from),
    order: random() < 0.5 ? "asc" : "desc",
    limit: random() < 0.3 ? 1 + below(random, 3) : 100,
  };
}

export function randomProgram(random: Random, id: number): Program {
  return { id, steps: randomSteps(random, 1 + below(random, 4), 0), fails: random() < 0.1 };
}

function randomSteps(random: Random, count: number, depth: number): Step[] {
  return Array.from({ length: count }, () => randomStep(random, depth));
}

function randomStep(random: Random, depth: number): Step {
  const place = { group: below(random, GROUPS), rank: below(random, RANKS) };
  const target = { range: randomRange(random), nth: below(random, 2) };
  const dice = random();
  if (dice < 0.3) return { do: "insert", ...place, value: below(random, 100) };
  if (dice < 0.5) return { do: "add", ...target, value: 1 + below(random, 9) };
  if (dice < 0.6) return { do: "move", ...target, ...place };
  if (dice < 0.7) return { do: "delete", ...target };
  if (dice < 0.85 || depth > 1) return { do: "read", range: target.range };
  if (dice < 0.92) return { do: "wait", turns: below(random, 4) };
  return { do: "nested", steps: randomSteps(random, 1 + below(random, 3), depth + 1), fails: random() < 0.4 };
}

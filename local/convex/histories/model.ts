import type { Program, Range, Step } from "./program.ts";

export interface Item {
  group: number;
  rank: number;
  value: number;
}

/** What the store must behave like: a list in the order of insertion, and programs one after the other. */
export class Model {
  #items: readonly Item[] = [];

  range({ group, from, to, order, limit }: Range): Item[] {
    const found = this.#items
      .filter((item) => item.group === group && item.rank >= from && item.rank < to)
      .sort((a, b) => a.rank - b.rank);
    if (order === "desc") found.reverse();
    return found.slice(0, limit);
  }

  values(range: Range): number[] {
    return this.range(range).map((item) => item.value);
  }

  /** Runs a program that committed; resolves with what its reads must have seen. */
  run(program: Program): number[][] {
    const reads: number[][] = [];
    this.#runSteps(program.steps, reads);
    return reads;
  }

  #runSteps(steps: readonly Step[], reads: number[][]): void {
    for (const step of steps) this.#step(step, reads);
  }

  #step(step: Step, reads: number[][]): void {
    switch (step.do) {
      case "insert":
        this.#items = [...this.#items, { group: step.group, rank: step.rank, value: step.value }];
        return;
      case "add":
        this.#replace(step, (item) => ({ ...item, value: item.value + step.value }));
        return;
      case "move":
        this.#replace(step, (item) => ({ ...item, group: step.group, rank: step.rank }));
        return;
      case "delete":
        this.#replace(step, () => null);
        return;
      case "read":
        reads.push(this.values(step.range));
        return;
      case "wait":
        return;
      case "nested": {
        const before = this.#items;
        this.#runSteps(step.steps, reads);
        if (step.fails) this.#items = before;
        return;
      }
      default:
        step satisfies never;
    }
  }

  #replace({ range, nth }: { range: Range; nth: number }, change: (item: Item) => Item | null): void {
    const target = this.range(range)[nth];
    if (target === undefined) return;
    this.#items = this.#items.flatMap((item) => (item === target ? (change(item) ?? []) : item));
  }
}

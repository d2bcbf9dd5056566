import { ApiError } from "./ApiError.ts";

/** Objects that Claude keeps, newest first in lists, with Anthropic's cursors. */
export class ObjectStore<Stored extends { readonly id: string }> {
  readonly #objects = new Map<string, Stored>();

  constructor(private readonly noun: string) {}

  add(object: Stored): void {
    this.#objects.set(object.id, object);
  }

  get(id: string): Stored {
    const object = this.#objects.get(id);
    if (!object) throw new ApiError("not_found_error", `${this.noun} not found: ${id}`);
    return object;
  }

  delete(id: string): void {
    this.get(id);
    this.#objects.delete(id);
  }

  list(query: URLSearchParams, view: (object: Stored) => unknown): string {
    const newestFirst = [...this.#objects.values()].reverse();
    const limit = Number(query.get("limit") ?? 20);
    const afterId = query.get("after_id") ?? query.get("page");
    const start = afterId ? newestFirst.findIndex(({ id }) => id === afterId) + 1 : 0;
    const page = newestFirst.slice(start, start + limit);
    return JSON.stringify({
      data: page.map(view),
      has_more: start + limit < newestFirst.length,
      next_page: start + limit < newestFirst.length ? (page.at(-1)?.id ?? null) : null,
      first_id: page[0]?.id ?? null,
      last_id: page.at(-1)?.id ?? null,
    });
  }
}

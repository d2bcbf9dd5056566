import type { Script } from "./script.ts";

/** Whether the fault of a script is meant for a request; counts how often each prompt came. */
export class FaultSelector {
  readonly #tries = new Map<string, number>();

  isDue(script: Script, request: { key: string; model: string; prompt: string }): boolean {
    const { onlyKey = request.key, onlyModel = request.model, firstTries } = script;
    if (onlyKey !== request.key || onlyModel !== request.model) return false;
    if (firstTries === undefined) return true;
    const tries = (this.#tries.get(request.prompt) ?? 0) + 1;
    this.#tries.set(request.prompt, tries);
    return tries <= firstTries;
  }
}

import type { ConvexJson } from "../store/types.ts";

/**
 * The arguments of a call as a library gets them: one that `libraryValues.ts` changed takes the values; any other asks for JSON
 * text, by `JSON.parse`, and gets it.
 */
export class PassedArguments {
  constructor(readonly passed: readonly ConvexJson[]) {}

  toString(): string {
    return JSON.stringify(this.passed);
  }
}

/** What a function resolves to: JSON text, or, from a library that was changed, the value itself. */
export type FunctionResult = string | { passed: ConvexJson };

export function resultValue(result: FunctionResult): ConvexJson {
  return typeof result === "string" ? (JSON.parse(result) as ConvexJson) : result.passed;
}

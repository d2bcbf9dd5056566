import type { ConvexJson } from "../store/types.ts";
import type { SourcePositions } from "./sourcePositions.ts";

const convexErrorSymbol = Symbol.for("ConvexError");

/** A failure as user code and clients see it: the text without a request id, and a ConvexError's data. */
export interface FunctionFailure {
  text: string;
  data?: ConvexJson;
}

/** An error of the platform whose text is shown as it is, without "Uncaught" and a stack. */
export class PlatformError extends Error {}

/** What a failed nested call throws into the calling function: `convex/server` reads `message` and `data`. */
export class NestedCallError extends Error {
  readonly data?: ConvexJson;

  constructor(failure: FunctionFailure) {
    super(failure.text);
    if (failure.data !== undefined) this.data = failure.data;
  }
}

export function describeFailure(error: unknown, positions: SourcePositions | null): FunctionFailure {
  if (error instanceof PlatformError) return { text: error.message };
  if (typeof error === "object" && error !== null && convexErrorSymbol in error && "data" in error) {
    const data = typeof error.data === "string" ? error.data : "null";
    const trace = error instanceof Error ? (positions?.trace(error) ?? "") : "";
    return { text: `Uncaught ConvexError: ${data}\n${trace}`, data: JSON.parse(data) };
  }
  if (!(error instanceof Error)) return { text: `Uncaught ${describeThrown(error)}\n` };
  return { text: `Uncaught ${error.name}: ${error.message}\n${positions?.trace(error) ?? ""}` };
}

function describeThrown(value: unknown): string {
  return typeof value === "object" ? (JSON.stringify(value) ?? "null") : String(value);
}

/** The error text that clients receive. */
export function clientMessage(requestId: string, failure: FunctionFailure): string {
  return `[Request ID: ${requestId}] Server Error\n${failure.text}`;
}

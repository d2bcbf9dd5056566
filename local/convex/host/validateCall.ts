import type { ConvexJson, Store, ValidatorJson } from "../store/types.ts";
import { type ValidationOptions, validate } from "../values/validate.ts";
import type { FunctionEntry } from "./deployment.ts";
import { PlatformError } from "./functionErrors.ts";

const maxLength = 16 * 1024 * 1024;

/** Validates the one argument object. */
export function checkArgs(entry: FunctionEntry, args: ConvexJson, store: Store): void {
  const message = problem(entry.args, args, store);
  if (message !== null) throw new PlatformError(`ArgumentValidationError: ${message}\n`);
}

/** Validates a result, given as JSON text. */
export function checkReturns(entry: FunctionEntry, text: string, store: Store): void {
  if (text.length > maxLength) {
    throw new PlatformError(
      `Function ${entry.path} return value is too large (${text.length} characters, the limit is ${maxLength}).`,
    );
  }
  if (entry.returns === null || entry.returns.type === "any") return;
  const message = problem(entry.returns, JSON.parse(text), store);
  if (message !== null) throw new PlatformError(`ReturnsValidationError: ${message}\n`);
}

function problem(validator: ValidatorJson, value: ConvexJson, store: Store): string | null {
  return validator.type === "any" ? null : validate(validator, value, optionsOf(store));
}

const optionsOfStore = new WeakMap<Store, ValidationOptions>();

function optionsOf(store: Store): ValidationOptions {
  let options = optionsOfStore.get(store);
  if (options === undefined) {
    options = { tableOfId: (id) => store.tableOfId(id) };
    optionsOfStore.set(store, options);
  }
  return options;
}

import type { ConvexJson, Store, ValidatorJson } from "../store/types.ts";
import { jsonLength } from "../values/jsonLength.ts";
import { type ValidationOptions, validate } from "../values/validate.ts";
import type { FunctionEntry } from "./deployment.ts";
import { PlatformError } from "./functionErrors.ts";

const maxLength = 16 * 1024 * 1024;

/** Validates the one argument object. */
export function checkArgs(entry: FunctionEntry, args: ConvexJson, store: Store): void {
  const message = problem(entry.args, args, store);
  if (message !== null) throw new PlatformError(`ArgumentValidationError: ${message}\n`);
}

/** Validates a result. */
export function checkReturns(entry: FunctionEntry, value: ConvexJson, store: Store): void {
  const length = jsonLength(value);
  if (length > maxLength) {
    throw new PlatformError(
      `Function ${entry.path} return value is too large (${length} characters, the limit is ${maxLength}).`,
    );
  }
  if (entry.returns === null) return;
  const message = problem(entry.returns, value, store);
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

import type { Limits } from "./validators";

const MODELS_MAX = 50;

/** What is wrong with a key's limits, as a sentence; null when nothing is. */
export function limitsProblem(limits: Limits): string | null {
  const { requestsPerMinute, concurrentRequests, monthlyBudgetNanoUsd, allowedModels } = limits;
  for (const [name, value] of Object.entries({ requestsPerMinute, concurrentRequests })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      return `${name} is ${value}; it must be a whole number above 0. Leave it out for no limit.`;
    }
  }
  if (
    monthlyBudgetNanoUsd !== undefined &&
    !(Number.isSafeInteger(monthlyBudgetNanoUsd) && monthlyBudgetNanoUsd >= 0)
  ) {
    return `monthlyBudgetNanoUsd is ${monthlyBudgetNanoUsd}; it must be a whole number of nano-dollars, 0 or more.`;
  }
  if (allowedModels && (allowedModels.length === 0 || allowedModels.length > MODELS_MAX)) {
    return `allowedModels has ${allowedModels.length} entries; it needs 1 to ${MODELS_MAX}. Leave it out to allow all.`;
  }
  return null;
}

import {
  type LimitProblems,
  type LimitValues,
  type MeterLimits,
  NO_LIMITS,
  readLimits,
} from "../limits/limitValues";

/** What the form holds: the text of its fields. */
export type KeyFormValues = {
  name: string;
  limits: LimitValues;
  allowedModels: string[];
  expiresInDays: string;
};

/** Enough for a person or a small program, little enough for a leak to be cheap. */
export const SANE_VALUES: KeyFormValues = {
  name: "",
  limits: {
    ...NO_LIMITS,
    dailyBudgetNanoUsd: "5",
    monthlyBudgetNanoUsd: "20",
    concurrentRequests: "5",
    requestsPerMinute: "60",
    inputTokensPerMinute: "400000",
    outputTokensPerMinute: "80000",
  },
  allowedModels: [],
  expiresInDays: "",
};

export type KeyDraft = {
  name: string;
  limits: MeterLimits & { allowedModels?: string[] };
  expiresAt?: number;
};

export type KeyFormProblems = { name?: string; limits: LimitProblems };

const DAY_MS = 86_400_000;

/** Reads the form: either the arguments of `apiKeys.create`, or a sentence for each field that is wrong. An empty limit is none. */
export function keyDraft(
  values: KeyFormValues,
  now: number,
): { ok: true; draft: KeyDraft } | { ok: false; problems: KeyFormProblems } {
  const name = values.name.trim();
  const { limits, problems } = readLimits(values.limits);
  const nameProblem =
    name === "" ? { name: "Give the key a name that tells who or what uses it." } : undefined;
  if (nameProblem || Object.keys(problems).length > 0) {
    return { ok: false, problems: { ...nameProblem, limits: problems } };
  }
  const { allowedModels, expiresInDays } = values;
  return {
    ok: true,
    draft: {
      name,
      limits: { ...limits, ...(allowedModels.length > 0 && { allowedModels }) },
      ...(expiresInDays !== "" && { expiresAt: now + Number(expiresInDays) * DAY_MS }),
    },
  };
}

import { parseUsd } from "../ui/format/formatNanoUsd";

/** What the form holds: the text of its fields. */
export type KeyFormValues = {
  name: string;
  monthlyBudgetUsd: string;
  requestsPerMinute: string;
  concurrentRequests: string;
  allowedModels: string[];
  expiresInDays: string;
};

export const SANE_VALUES: KeyFormValues = {
  name: "",
  monthlyBudgetUsd: "20",
  requestsPerMinute: "60",
  concurrentRequests: "5",
  allowedModels: [],
  expiresInDays: "",
};

export type KeyDraft = {
  name: string;
  limits: {
    monthlyBudgetNanoUsd?: number;
    requestsPerMinute?: number;
    concurrentRequests?: number;
    allowedModels?: string[];
  };
  expiresAt?: number;
};

export type KeyFormProblems = Partial<Record<keyof KeyFormValues, string>>;

const DAY_MS = 86_400_000;

/** Reads the form: either the arguments of `apiKeys.create`, or a sentence for each field that is wrong. An empty limit is none. */
export function keyDraft(
  values: KeyFormValues,
  now: number,
): { ok: true; draft: KeyDraft } | { ok: false; problems: KeyFormProblems } {
  const problems: KeyFormProblems = {};
  const name = values.name.trim();
  if (name === "") problems.name = "Give the key a name that tells who or what uses it.";

  const limits: KeyDraft["limits"] = {};
  if (values.monthlyBudgetUsd.trim() !== "") {
    const nanoUsd = parseUsd(values.monthlyBudgetUsd);
    if (nanoUsd === null) problems.monthlyBudgetUsd = "An amount in dollars, such as 20 or 0.50.";
    else limits.monthlyBudgetNanoUsd = nanoUsd;
  }
  for (const field of ["requestsPerMinute", "concurrentRequests"] as const) {
    const text = values[field].trim();
    if (text === "") continue;
    if (/^[1-9]\d{0,5}$/.test(text)) limits[field] = Number(text);
    else problems[field] = "A whole number from 1.";
  }
  if (values.allowedModels.length > 0) limits.allowedModels = values.allowedModels;

  if (Object.keys(problems).length > 0) return { ok: false, problems };
  const expiry =
    values.expiresInDays === "" ? {} : { expiresAt: now + Number(values.expiresInDays) * DAY_MS };
  return { ok: true, draft: { name, limits, ...expiry } };
}

import type { FunctionArgs } from "convex/server";
import type { api } from "@/convex/_generated/api";
import { parseUsd } from "../ui/format/formatNanoUsd";

/** Limits as the backend takes them; an absent one is no limit. */
export type MeterLimits = FunctionArgs<typeof api.budgets.setGatewayLimits>["limits"];
export type LimitName = keyof MeterLimits;

/** What the form holds: the text of its fields. */
export type LimitValues = Record<LimitName, string>;
export type LimitProblems = Partial<Record<LimitName, string>>;

interface LimitField {
  name: LimitName;
  label: string;
  unit: "usd" | "count";
}

export const LIMIT_FIELDS: readonly LimitField[] = [
  { name: "dailyBudgetNanoUsd", label: "Daily budget, USD", unit: "usd" },
  { name: "monthlyBudgetNanoUsd", label: "Monthly budget, USD", unit: "usd" },
  { name: "totalBudgetNanoUsd", label: "Total budget, USD", unit: "usd" },
  { name: "concurrentRequests", label: "Requests at once", unit: "count" },
  { name: "requestsPerMinute", label: "Requests per minute", unit: "count" },
  { name: "inputTokensPerMinute", label: "Input tokens per minute", unit: "count" },
  { name: "outputTokensPerMinute", label: "Output tokens per minute", unit: "count" },
];

export const NO_LIMITS: LimitValues = {
  dailyBudgetNanoUsd: "",
  monthlyBudgetNanoUsd: "",
  totalBudgetNanoUsd: "",
  concurrentRequests: "",
  requestsPerMinute: "",
  inputTokensPerMinute: "",
  outputTokensPerMinute: "",
};

const NANO_PER_USD = 1_000_000_000;

/** The form's text for limits that are set. */
export function limitValues(limits: MeterLimits): LimitValues {
  const values = { ...NO_LIMITS };
  for (const { name, unit } of LIMIT_FIELDS) {
    const limit = limits[name];
    if (limit !== undefined) values[name] = String(unit === "usd" ? limit / NANO_PER_USD : limit);
  }
  return values;
}

/** Reads the form: the limits, and a sentence for each field that is wrong. An empty field is no limit. */
export function readLimits(values: LimitValues): { limits: MeterLimits; problems: LimitProblems } {
  const limits: MeterLimits = {};
  const problems: LimitProblems = {};
  for (const { name, unit } of LIMIT_FIELDS) {
    const text = values[name].trim();
    if (text === "") continue;
    if (unit === "usd") {
      const nanoUsd = parseUsd(text);
      if (nanoUsd === null) problems[name] = "An amount in dollars, such as 20 or 0.50.";
      else limits[name] = nanoUsd;
    } else if (/^[1-9]\d{0,9}$/.test(text)) {
      limits[name] = Number(text);
    } else {
      problems[name] = "A whole number from 1.";
    }
  }
  return { limits, problems };
}

import { formatCountShort } from "../ui/format/formatCount";
import type { MeterLimits } from "./limitValues";

/** Limits other than money, in short: "60 requests/min · 5 at once". Empty without any. */
export function limitsText(limits: MeterLimits): string {
  const { requestsPerMinute, inputTokensPerMinute, outputTokensPerMinute, concurrentRequests } = limits;
  const parts = [
    requestsPerMinute === undefined ? null : `${formatCountShort(requestsPerMinute)}/min`,
    inputTokensPerMinute === undefined ? null : `${formatCountShort(inputTokensPerMinute)} tokens in/min`,
    outputTokensPerMinute === undefined ? null : `${formatCountShort(outputTokensPerMinute)} tokens out/min`,
    concurrentRequests === undefined ? null : `${formatCountShort(concurrentRequests)} at once`,
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

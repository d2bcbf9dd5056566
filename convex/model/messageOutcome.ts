import { billedUsageOf, servedAsOf } from "./anthropicUsage";
import { namedObjects } from "./namedObjects";
import type { Outcome } from "./outcome";

/** What a whole Message of Claude's tells about usage and success. */
export function messageOutcome(message: Readonly<Record<string, unknown>>): Outcome {
  const { model, stop_reason: stopReason, content } = message;
  const usage = isObject(message.usage) ? message.usage : {};
  const objectIds = namedObjects({ container: message.container, content: madeByTools(content) });
  const outcome: Outcome = {
    status: "succeeded",
    usageSource: "estimated",
    servedModel: typeof model === "string" ? model : undefined,
    stopReason: typeof stopReason === "string" ? stopReason : undefined,
    objectIds: objectIds.length > 0 ? objectIds : undefined,
  };
  if (typeof usage.output_tokens !== "number") {
    return outcome;
  }
  const { tokens, charges, fallbackModel } = billedUsageOf(usage);
  const isUnbilled = stopReason === "refusal" && Array.isArray(content) && content.length === 0;
  return {
    tokens,
    charges,
    servedAs: servedAsOf(usage),
    isUnbilled: isUnbilled || undefined,
    ...outcome,
    usageSource: "reported",
    servedModel: fallbackModel ?? outcome.servedModel,
  };
}

/** Only results of Anthropic's own tools name objects of Anthropic's; a tool call's input is the model's invention. */
function madeByTools(content: unknown): unknown[] {
  return (Array.isArray(content) ? content : []).filter(
    (block) => isObject(block) && String(block.type).endsWith("_tool_result"),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

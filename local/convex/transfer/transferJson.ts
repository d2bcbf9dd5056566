import type { ConvexJson } from "../store/types.ts";
import type { ExportState, ImportState } from "./transfers.ts";

/** An export as the CLI watches it; null when none was requested. */
export function exportJson(latest: ExportState | null): ConvexJson {
  if (latest?.state !== "completed") return latest && { state: latest.state };
  const { startTs, completeTs } = latest;
  return { state: "completed", start_ts: int64Json(startTs), complete_ts: int64Json(completeTs) };
}

/** An import as the CLI watches it. */
export function importJson(state: ImportState): ConvexJson {
  switch (state.state) {
    case "uploaded":
      return { state: "uploaded" };
    case "waiting_for_confirmation":
      return {
        state: "waiting_for_confirmation",
        message_to_confirm: state.message,
        require_manual_confirmation: state.isDestructive,
      };
    case "in_progress":
      return { state: "in_progress", progress_message: "Importing", checkpoint_messages: [] };
    case "completed":
      return { state: "completed", num_rows_written: int64Json(BigInt(state.written)) };
    case "failed":
      return { state: "failed", error_message: state.message };
  }
}

function int64Json(value: bigint): ConvexJson {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return { $integer: bytes.toString("base64") };
}

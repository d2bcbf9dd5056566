import type { LogLine } from "../host/types.ts";

/** A log line as clients other than the CLI get it: `[LOG] 'text'`. */
export function logLineText(line: LogLine): string {
  return `[${line.level}] ${line.messages.join(" ")}`;
}

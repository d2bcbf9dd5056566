import type { ComponentProps } from "react";
import type { ExtraProps } from "streamdown";

/** The box of a task list's item. It shows what the answer says and cannot be ticked. */
export function TaskCheckbox({ checked }: ComponentProps<"input"> & ExtraProps) {
  return (
    <input
      type="checkbox"
      checked={checked === true}
      disabled
      aria-label={checked === true ? "done" : "to do"}
    />
  );
}

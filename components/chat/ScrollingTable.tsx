import type { ComponentProps } from "react";
import type { ExtraProps } from "streamdown";

/** A table of an answer, which scrolls sideways where it is too wide. */
export function ScrollingTable({ children }: ComponentProps<"table"> & ExtraProps) {
  return (
    <section
      aria-label="Table"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard.
      tabIndex={0}
      className="overflow-x-auto overflow-y-hidden rounded-lg border border-border"
    >
      <table>{children}</table>
    </section>
  );
}

const exact = new Intl.NumberFormat("en-US");
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** "12,345" */
export function formatCount(count: number): string {
  return exact.format(count);
}

/** "12.3K", for cards and pickers where the exact number is not the point. */
export function formatCountShort(count: number): string {
  return count < 10_000 ? exact.format(count) : compact.format(count);
}

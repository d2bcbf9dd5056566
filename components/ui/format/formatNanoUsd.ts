const NANO_PER_USD = 1_000_000_000;

/**
 * Money for people: two decimals from a dollar on, more for small amounts so that a cheap request is not "$0.00".
 * Zero is "$0.00".
 */
export function formatNanoUsd(nanoUsd: number): string {
  const usd = nanoUsd / NANO_PER_USD;
  const size = Math.abs(usd);
  if (size > 0 && size < 0.000001) return "<$0.000001";
  const decimals = size === 0 || size >= 1 ? 2 : size >= 0.01 ? 4 : 6;
  return dollars(usd, { minimum: decimals, maximum: decimals });
}

/** Every digit that is stored, for the detail of one request: nano-dollars are nine decimals. */
export function formatNanoUsdExact(nanoUsd: number): string {
  return dollars(nanoUsd / NANO_PER_USD, { minimum: 2, maximum: 9 });
}

/** A price per token as Anthropic's price list shows it: dollars per million tokens. */
export function formatPicoUsdPerToken(picoUsdPerToken: number): string {
  return dollars(picoUsdPerToken / 1_000_000, { minimum: 0, maximum: 3 });
}

/** Nano-dollars of an amount that a person typed; null when it is not one. */
export function parseUsd(text: string): number | null {
  const amount = /^\s*\$?\s*(\d+(?:\.\d+)?|\.\d+)\s*$/.exec(text)?.[1];
  return amount === undefined ? null : Math.round(Number(amount) * NANO_PER_USD);
}

function dollars(usd: number, digits: { minimum: number; maximum: number }): string {
  return new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: digits.minimum,
    maximumFractionDigits: digits.maximum,
  }).format(usd);
}

import { describe, expect, it } from "vitest";
import { formatNanoUsd, formatNanoUsdExact, formatPicoUsdPerToken, parseUsd } from "./formatNanoUsd";

describe("formatNanoUsd", () => {
  it("never shows money that was spent as zero", () => {
    expect(formatNanoUsd(0)).toBe("$0.00");
    expect(formatNanoUsd(18_000)).toBe("$0.000018");
    expect(formatNanoUsd(4_512_000)).toBe("$0.004512");
    expect(formatNanoUsd(45_120_000)).toBe("$0.0451");
    expect(formatNanoUsd(12_345_678_900)).toBe("$12.35");
    expect(formatNanoUsd(1)).toBe("<$0.000001");
  });

  it("shows every stored digit on request", () => {
    expect(formatNanoUsdExact(4_512_003)).toBe("$0.004512003");
  });

  it("shows a price per token as dollars per million tokens", () => {
    expect(formatPicoUsdPerToken(3_000_000)).toBe("$3");
    expect(formatPicoUsdPerToken(800_000)).toBe("$0.8");
  });

  it("reads dollars as integer nano-dollars and refuses what is no amount", () => {
    expect(parseUsd(" $12.50 ")).toBe(12_500_000_000);
    for (const text of ["", "-1", "ten", "1e3", "1,5"]) expect(parseUsd(text)).toBeNull();
  });
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { createGatewayKey, isGatewayKey } from "./gatewayKey";

const randomBytes = () => crypto.getRandomValues(new Uint8Array(64));

it("makes keys of the published shape that it accepts itself", () => {
  for (let n = 0; n < 200; n++) {
    const key = createGatewayKey(randomBytes);
    expect(key).toMatch(/^ccg_live_[0-9A-Za-z]{49}$/);
    expect(isGatewayKey(key)).toBe(true);
  }
});

it("refuses a key with any one character mistyped, missing or swapped with its neighbour", () => {
  const key = createGatewayKey(randomBytes);
  fc.assert(
    fc.property(fc.nat({ max: key.length - 2 }), fc.constantFrom(..."0Aaz9Z"), (at, character) => {
      const mistyped = key.slice(0, at) + character + key.slice(at + 1);
      const swapped = key.slice(0, at) + key.charAt(at + 1) + key.charAt(at) + key.slice(at + 2);
      for (const wrong of [mistyped, swapped, key.slice(0, at) + key.slice(at + 1)]) {
        expect(isGatewayKey(wrong)).toBe(wrong === key);
      }
    }),
  );
});

it("uses every character as often as any other", () => {
  const counts = new Map<string, number>();
  for (let n = 0; n < 2_000; n++) {
    for (const character of createGatewayKey(randomBytes).slice(9, 52)) {
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
  }
  const expected = (2_000 * 43) / 62;
  expect(counts.size).toBe(62);
  for (const seen of counts.values()) {
    expect(Math.abs(seen - expected)).toBeLessThan(expected * 0.2);
  }
});

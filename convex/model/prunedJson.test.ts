import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonSyntaxError, LongString, parsePrunedJson } from "./prunedJson";

const encode = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parsePrunedJson(encode(text), 200);

describe("parsePrunedJson", () => {
  it("reads what JSON.parse reads, whatever the spacing", () => {
    const json = fc.jsonValue({ maxDepth: 6, stringUnit: "binary" });
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, "\t"), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(JSON.stringify(parse(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it("refuses what JSON.parse refuses", () => {
    const mutated = fc
      .tuple(fc.jsonValue({ maxDepth: 4 }), fc.nat(), fc.constantFrom(...'{}[]",:0-etn \\\u0001'))
      .map(([value, at, character]) => {
        const text = JSON.stringify(value);
        return text.slice(0, at % text.length) + character + text.slice((at % text.length) + 1);
      });
    fc.assert(
      fc.property(mutated, (text) => {
        let isValid = true;
        try {
          JSON.parse(text);
        } catch {
          isValid = false;
        }
        if (isValid) parse(text);
        else expect(() => parse(text)).toThrow(JsonSyntaxError);
      }),
    );
  });

  it("only measures long strings", () => {
    const tree = parse(`{"data":"${"x".repeat(100_000)}","short":"ok","quote":"${'\\"'.repeat(200)}"}`);
    expect(tree).toEqual({ data: new LongString(100_000), short: "ok", quote: new LongString(400) });
  });

  it("keeps a field named __proto__ a field", () => {
    expect(Object.keys(parse('{"__proto__":{"model":"x"}}') as object)).toEqual(["__proto__"]);
  });

  it("stops at depth and at the number of values before they cost memory", () => {
    expect(() => parse("[".repeat(1_000_000))).toThrow("nested deeper than 200 levels");
    expect(() => parse(`[${"0,".repeat(300_000)}0]`)).toThrow("more than 200000 values");
  });
});

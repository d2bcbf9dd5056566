import fc from "fast-check";
import { expect, it } from "vitest";
import { replaceModel } from "./replaceModel";

const replaced = (json: string) => {
  const bytes = replaceModel(new TextEncoder().encode(json), "claude-b");
  return bytes && new TextDecoder().decode(bytes);
};

it("changes the model and no other byte", () => {
  const body = '{ "messages": [{"model": "x", "a": "\\"model\\":"}] ,\n "model" : "claude-a", "n": 1.0 }';
  expect(replaced(body)).toBe(body.replace("claude-a", "claude-b"));
});

it("finds nothing where there is nothing", () => {
  expect(replaced('{"a":{"model":"x"},"b":"model"}')).toBeNull();
});

it("gives what JSON.parse would call the body with another model, for any body", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (fields, model) => {
      const json = JSON.stringify({ ...fields, model });
      expect(JSON.parse(replaced(json) ?? "")).toEqual({ ...JSON.parse(json), model: "claude-b" });
    }),
  );
});

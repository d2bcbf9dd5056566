import { expect, test } from "vitest";
import { newSentences } from "./newSentences";

test("A sentence is read out when it is whole, and keeps its place as the text grows", () => {
  const [first] = newSentences("It costs 3.14 dollars. And th");
  expect(first).toEqual({ at: 0, sentence: "It costs 3.14 dollars." });
  expect(newSentences("It costs 3.14 dollars. And then? So")[0]).toEqual(first);
  expect(newSentences("# A heading\n**Bold** words")).toEqual([{ at: 0, sentence: "A heading" }]);
});

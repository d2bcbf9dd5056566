import { ConvexError } from "convex/values";
import { expect, it } from "vitest";
import { errorText } from "./errorText";

it("shows the sentence of a ConvexError", () => {
  const error = new ConvexError({ code: "notFound", message: "This key does not exist." });
  expect(errorText(error)).toBe("This key does not exist.");
});

it("finds the sentence in the text that the web server passes on", () => {
  const error = new Error(
    '[Request ID: 1f] Server Error\nUncaught ConvexError: {"code":"inviteRequired","message":"Ask for an invite."}\n    at signUp',
  );
  expect(errorText(error)).toBe("Ask for an invite.");
});

it("shows no internals of any other error", () => {
  expect(errorText(new Error("Cannot read {x} of undefined"))).toMatch(/^Something went wrong/);
});

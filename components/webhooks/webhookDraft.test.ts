import { describe, expect, it } from "vitest";
import { readFilter } from "./webhookDraft";

describe("a filter's line", () => {
  it("is a path, an operator and, where it compares, a value", () => {
    expect(readFilter("payload.action = opened")).toEqual({
      path: "payload.action",
      operator: "equals",
      value: "opened",
    });
    expect(readFilter(" payload.a  != two words ")).toEqual({
      path: "payload.a",
      operator: "notEquals",
      value: "two words",
    });
    expect(readFilter("payload.labels contains bug")).toMatchObject({ operator: "contains", value: "bug" });
    expect(readFilter("payload.pull_request missing")).toEqual({
      path: "payload.pull_request",
      operator: "missing",
    });
  });

  it("is refused when half of it is missing or too much is there", () => {
    for (const line of ["payload.a", "payload.a =", "= b", "payload.a exists b", "payload.a is b"]) {
      expect(readFilter(line)).toBeNull();
    }
  });
});

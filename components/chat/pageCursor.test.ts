import { describe, expect, test } from "vitest";
import { createPageCursor } from "./pageCursor";

const page = (index: number) => ({ index, text: `<${index}>` });

describe("createPageCursor", () => {
  test("takes each page once although results overlap", () => {
    const cursor = createPageCursor();
    expect(cursor.take([page(0), page(1)])).toBe("<0><1>");
    expect(cursor.take([page(0), page(1), page(2)])).toBe("<2>");
    expect(cursor.take([page(2)])).toBe("");
    expect(cursor.fromIndex()).toBe(3);
  });

  test("orders the pages of a result", () => {
    expect(createPageCursor().take([page(1), page(0)])).toBe("<0><1>");
  });

  test("waits at a gap instead of skipping a page", () => {
    const cursor = createPageCursor();
    expect(cursor.take([page(0), page(2)])).toBe("<0>");
    expect(cursor.fromIndex()).toBe(1);
    expect(cursor.take([page(1), page(2)])).toBe("<1><2>");
  });
});

import { describe, expect } from "vitest";
import { behaviour } from "./target.ts";

describe("the default runtime", () => {
  behaviour("has the web's APIs", async (target) => {
    expect(await target.action("runtime:webApis")).toEqual({
      blob: "abc",
      blobSlice: "bc",
      formText: "value",
      fileName: ["a.txt", "text/plain", "abc"],
      events: ["ping"],
      digest: [186, 120, 22, 191],
      isVerified: true,
      uuid: 36,
      read: "a",
      isAborted: true,
      url: "https://x.test/b?c=1",
      base64: "text",
      clone: { a: [1] },
      headers: [
        ["a", "1"],
        ["b", "2"],
      ],
    });
  });

  behaviour(
    "stops the clock in queries",
    async (target) => {
      expect(await target.query("runtime:frozenClock")).toEqual([0, 0]);
    },
    { wireOnly: "convex-test lets the clock run" },
  );

  behaviour(
    "has no fetch in queries",
    async (target) => {
      await expect(target.query("runtime:fetchInQuery")).rejects.toThrow("fetch");
    },
    { wireOnly: "convex-test leaves Node's globals in place" },
  );

  behaviour(
    "lacks what is Node's own",
    async (target) => {
      expect(await target.query("runtime:missingGlobals")).toEqual([]);
    },
    { wireOnly: "convex-test leaves Node's globals in place" },
  );
});

import { createHash } from "node:crypto";
import { describe, expect } from "vitest";
import { behaviour } from "./target.ts";

describe('"use node" actions', () => {
  behaviour("use Node's modules and globals", async (target) => {
    const hash = createHash("sha256").update("text").digest("hex");
    expect(await target.action("nodeActions:viaBuiltin", { text: "text" })).toEqual({
      hash,
      hasProcess: true,
    });
  });

  behaviour("use external packages of convex.json, native ones too", async (target) => {
    expect(await target.action("nodeActions:viaExternalPackage")).toMatchObject({ answer: 42 });
  });

  behaviour(
    "see the deployment's environment and not the machine's",
    async (target) => {
      const seen = await target.action("nodeActions:environment");
      expect(seen).toEqual(["string", "string", "string", "undefined"]);
    },
    { wireOnly: "convex-test shows the process's own environment" },
  );

  behaviour("call mutations", async (target) => {
    const id = await target.action("nodeActions:callsMutation");
    expect(await target.query("documents:get", { id })).toMatchObject({ from: "node" });
  });
});

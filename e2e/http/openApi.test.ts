import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { shared } from "./gateway.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string }>>;
  webhooks: Record<string, unknown>;
  components: { schemas: Record<string, { properties?: Record<string, unknown>; required?: string[] }> };
}

async function document(): Promise<Document> {
  return await (await fetch(`${shared.siteUrl}/openapi.json`)).json();
}

describe("GET /openapi.json", () => {
  it("describes every route of the gateway and no other", async () => {
    const source = await readFile(join(root, "convex/http.ts"), "utf8");
    const routes = [...source.matchAll(/app\.(get|post|put|delete|patch)\(\s*"([^"]+)"/g)].map(
      ([, method, path = ""]) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`,
    );
    const { openapi, paths } = await document();
    const described = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(openapi).toBe("3.1.0");
    expect(described.sort()).toEqual(routes.sort());
  });

  it("has the fields that validation reads, and every reference leads somewhere", async () => {
    const found = await document();
    const { schemas } = found.components;
    expect(schemas.messages?.required).toEqual(["model", "messages", "max_tokens"]);
    expect(Object.keys(schemas.job?.properties ?? {})).toEqual(["callbackUrl", "callbackSecret", "message"]);
    for (const [, kind = "", name = ""] of JSON.stringify(found).matchAll(/#\/components\/(\w+)\/(\w+)/g)) {
      expect(Object.keys(Reflect.get(found.components, kind))).toContain(name);
    }
    const ids = Object.values(found.paths).flatMap((path) =>
      Object.values(path).map((each) => each.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(found.webhooks)).toContain("answer.completed");
  });
});

import { describe, expect, inject, test } from "vitest";

const table = (changes: Record<string, unknown> = {}) => ({
  tableName: "fine",
  indexes: [],
  searchIndexes: [],
  vectorIndexes: [],
  documentType: { type: "any" },
  ...changes,
});
const objectWith = (name: string) => ({
  type: "object",
  value: { [name]: { fieldType: { type: "string" }, optional: false } },
});

/** The answer to a push of one schema, which is staged at most and never goes live. */
async function push(changes: Record<string, unknown>) {
  const { cloudUrl, adminKey } = inject("deployment");
  const exported = JSON.stringify({ tables: [table(changes)], schemaValidation: true });
  const source = `export default { isSchema: true, export: () => ${JSON.stringify(exported)} };`;
  const body = {
    adminKey,
    dryRun: true,
    functions: "convex/",
    appDefinition: {
      definition: null,
      dependencies: [],
      schema: { path: "schema.js", source, environment: "isolate" },
      changedModules: [],
      unchangedModuleHashes: [],
      udfServerVersion: "1.48.0",
    },
    componentDefinitions: [],
    nodeDependencies: [],
  };
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${cloudUrl}/api/deploy2/start_push`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

describe("names in a schema", () => {
  test.each<[what: string, changes: Record<string, unknown>]>([
    ["table name with a space", { tableName: "two words" }],
    ["table name that starts with a digit", { tableName: "1st" }],
    ["table name of the system", { tableName: "_mine" }],
    ["index name with a hyphen", { indexes: [{ indexDescriptor: "by-x", fields: ["x"] }] }],
    ["field name with a dollar", { documentType: objectWith("$x") }],
    ["field name of the system", { documentType: objectWith("_x") }],
    ["field name that is not ASCII", { documentType: objectWith("ünï") }],
    [
      "field name of the system inside a union",
      { documentType: { type: "union", value: [objectWith("_x")] } },
    ],
  ])("a %s is refused at push", async (_what, changes) => {
    const { status, text } = await push(changes);
    expect([status, text.length > 0]).toEqual([400, true]);
  });

  test("ordinary names, and underscores inside documents, are accepted", async () => {
    const nested = { type: "object", value: { inner: { fieldType: objectWith("_x"), optional: false } } };
    expect((await push({ tableName: "Fine_1", documentType: nested })).status).toBe(200);
  });
});

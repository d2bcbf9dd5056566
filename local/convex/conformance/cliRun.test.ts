import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, inject, test } from "vitest";
import { cli } from "./cli.ts";
import { clear, wire } from "./target.ts";

const CLI = fileURLToPath(new URL("../../../node_modules/convex/bin/main.js", import.meta.url));

/** Starts the CLI and reads its output until `isEnough`; then stops it. */
async function readOutput(
  args: string[],
  options: { isEnough: (output: string) => boolean; onOutput?: (output: string) => void },
) {
  const { cloudUrl, adminKey, appDirectory } = inject("deployment");
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: appDirectory,
    env: {
      ...process.env,
      CI: "1",
      CONVEX_SELF_HOSTED_URL: cloudUrl,
      CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey,
    },
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      options.onOutput?.(output);
      if (options.isEnough(output)) child.kill("SIGKILL");
    });
  }
  await ended;
  return output;
}

beforeEach(clear);

describe("the CLI", () => {
  test("run calls internal functions and shows values as JSON", async () => {
    await wire().mutation("documents:insert", { value: { a: 1 } });
    expect(JSON.parse(await cli("run", "testing:unfinishedJobs"))).toBe(0);
    expect(JSON.parse(await cli("run", "documents:list", "{}"))).toMatchObject([{ a: 1 }]);
  });

  test("run --identity acts as a user", async () => {
    const identity = JSON.stringify({ name: "Ada", subject: "ada", issuer: "https://issuer.test" });
    const seen = JSON.parse(await cli("run", "identity:mine", "--identity", identity));
    expect(seen).toMatchObject({ name: "Ada", subject: "ada", tokenIdentifier: "https://issuer.test|ada" });
  });

  test("run --watch shows each new result of a query", async () => {
    let isInserted = false;
    const output = await readOutput(["run", "--watch", "documents:list"], {
      isEnough: (text) => text.includes("watched"),
      onOutput: (text) => {
        if (isInserted || !text.includes("[]")) return;
        isInserted = true;
        void wire().mutation("documents:insert", { value: { name: "watched" } });
      },
    });
    expect(output).toContain("[]");
    expect(output).toContain('"name": "watched"');
  });

  test("run --inline-query evaluates an expression and statements, and cannot write", async () => {
    await wire().mutation("documents:insert", { value: { a: 1 } });
    const [count, statements] = await Promise.all([
      cli("run", "--inline-query", '(await ctx.db.query("things").collect()).length'),
      cli(
        "run",
        "--inline-query",
        'const all = await ctx.db.query("things").collect(); console.log("seen"); return all.map(({ a }) => a);',
      ),
    ]);
    expect(JSON.parse(count)).toBe(1);
    expect(statements).toContain("seen");
    expect(statements).toMatch(/\[\s*1\s*\]/);
    await expect(cli("run", "--inline-query", 'await ctx.db.insert("things", {})')).rejects.toThrow(
      "Query failed",
    );
  });

  test("function-spec lists functions with their types, visibility and validators, and HTTP routes", async () => {
    const spec: { url: string; functions: { identifier?: string }[] } = JSON.parse(
      await cli("function-spec"),
    );
    const named = (identifier: string) => spec.functions.find((each) => each.identifier === identifier);
    expect(spec.url).toBe(inject("deployment").cloudUrl);
    expect(named("testing.js:clear")).toMatchObject({
      functionType: "Mutation",
      visibility: { kind: "internal" },
    });
    expect(named("logging.js:speak")).toMatchObject({
      functionType: "Query",
      visibility: { kind: "public" },
      args: { type: "object", value: { text: { fieldType: { type: "string" }, optional: false } } },
      returns: { type: "any" },
    });
    expect(spec.functions).toContainEqual({ functionType: "HttpAction", method: "GET", path: "/hello" });
  });

  test("logs shows what functions print and how they fail", async () => {
    await wire().query("logging:speak", { text: "earlier" });
    const output = await readOutput(["logs", "--history", "50"], {
      isEnough: (text) => text.includes("failed on purpose"),
      onOutput: (text) => {
        if (text.includes("earlier"))
          void wire()
            .mutation("logging:fail")
            .catch(() => undefined);
      },
    });
    expect(output).toContain("[CONVEX Q(logging:speak)]");
    expect(output).toContain("said");
    expect(output).toContain("[CONVEX M(logging:fail)]");
    expect(output).toContain("about to fail");
  });

  test("dev pushes, then shows what functions print while it watches", async () => {
    let isCalled = false;
    const output = await readOutput(["dev", "--tail-logs", "always", "--typecheck", "disable"], {
      isEnough: (text) => text.includes("[CONVEX Q(logging:speak)]"),
      onOutput: (text) => {
        if (isCalled || !text.includes("Convex functions ready")) return;
        isCalled = true;
        void wire().query("logging:speak", { text: "while dev watches" });
      },
    });
    expect(output).toMatch(/Convex functions ready.*logging:speak/s);
    expect(output).toContain("while dev watches");
  });
});

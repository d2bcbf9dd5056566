import { makeFunctionReference } from "convex/server";
import { ConvexError } from "convex/values";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { hasRole } from "./model/hasRole";
import type { Role } from "./model/validators";
import { type Backend, newBackend, newMember } from "./test.setup";

/**
 * Who may call each public function. A new one needs a line here: `anyone` if its argument is the credential or it
 * answers strangers with nothing, else the lowest role that may call it.
 */
const LOWEST_ROLE: Record<string, Role | "anyone"> = {
  "agentSessions:list": "viewer",
  "anthropic:callClaude": "member",
  "apiKeys:create": "member",
  "apiKeys:get": "viewer",
  "apiKeys:kill": "member",
  "apiKeys:list": "viewer",
  "apiKeys:pause": "member",
  "apiKeys:resume": "member",
  "apiKeys:revoke": "member",
  "apiKeys:update": "member",
  "auditLog:list": "admin",
  "auth:isAuthenticated": "anyone",
  "auth:signIn": "anyone",
  "auth:signOut": "anyone",
  "budgets:killGateway": "admin",
  "budgets:list": "admin",
  "budgets:listEvents": "admin",
  "budgets:resumeGateway": "admin",
  "budgets:setGatewayLimits": "admin",
  "budgets:setMemberLimits": "admin",
  "deliveryLog:attempts": "admin",
  "deliveryLog:list": "admin",
  "deliveryLog:redeliverNow": "admin",
  "destinations:create": "admin",
  "destinations:list": "admin",
  "destinations:remove": "admin",
  "destinations:replay": "admin",
  "destinations:rotate": "admin",
  "destinations:setEnabled": "admin",
  "destinations:test": "admin",
  "destinations:update": "admin",
  "events:get": "admin",
  "events:list": "admin",
  "events:preview": "admin",
  "events:rerun": "admin",
  "invites:check": "anyone",
  "invites:create": "owner",
  "invites:list": "owner",
  "invites:revoke": "owner",
  "members:changeRole": "owner",
  "members:list": "admin",
  "members:remove": "owner",
  "members:viewer": "anyone",
  "messages:list": "viewer",
  "models:list": "viewer",
  "passwordResets:check": "anyone",
  "passwordResets:create": "owner",
  "passwordResets:redeem": "anyone",
  "passwords:change": "viewer",
  "requests:list": "viewer",
  "requests:stop": "viewer",
  "settings:get": "viewer",
  "settings:update": "owner",
  "status:get": "owner",
  "status:probe": "owner",
  "streamPages:list": "viewer",
  "threads:get": "viewer",
  "threads:list": "viewer",
  "threads:remove": "member",
  "threads:rename": "member",
  "usage:summary": "viewer",
  "webhooks:create": "admin",
  "webhooks:list": "admin",
  "webhooks:remove": "admin",
  "webhooks:rotate": "admin",
  "webhooks:setPaused": "admin",
  "webhooks:update": "admin",
};
const CALLERS = ["visitor", "viewer", "member", "admin", "owner"] as const;
/** Fields that an attacker would like to set. */
const COVETED = { role: "owner", budgetNanoUsd: 1e15, ownerId: "x", limitsOverride: {} };

type Json = Record<string, unknown>;
interface PublicFunction {
  path: string;
  kind: "query" | "mutation" | "action";
  args: Json;
}

let functions: PublicFunction[];
beforeAll(async () => {
  vi.stubEnv("CONVEX_SITE_URL", "http://127.0.0.1:3211");
  vi.stubEnv("AUTH_LOG_LEVEL", "ERROR");
  functions = await publicFunctions();
});

/** What `convex/server` made of each module's exports, as the deployment analyses them. */
async function publicFunctions(): Promise<PublicFunction[]> {
  const modules = import.meta.glob<Record<string, unknown>>(["./**/*.{ts,js}", "!./**/*.*.ts"]);
  const found: PublicFunction[] = [];
  for (const [file, load] of Object.entries(modules)) {
    if (file.startsWith("./_generated")) continue;
    for (const [name, value] of Object.entries(await load())) {
      if (typeof value !== "function" || !("isPublic" in value) || !("exportArgs" in value)) continue;
      const { exportArgs } = value;
      if (typeof exportArgs !== "function") continue;
      const kind = "isQuery" in value ? "query" : "isMutation" in value ? "mutation" : "action";
      found.push({ path: `${file.slice(2, -3)}:${name}`, kind, args: JSON.parse(exportArgs()) });
    }
  }
  return found;
}

/** The smallest value that a validator accepts; `extra` goes into every object of it. */
function sample(validator: Json, extra: Json = {}): unknown {
  switch (validator.type) {
    case "object": {
      const fields = Object.entries(
        validator.value as Record<string, { fieldType: Json; optional: boolean }>,
      );
      const required = fields.filter(
        ([, { optional, fieldType }]) => !optional || fieldType.type === "object",
      );
      return {
        ...Object.fromEntries(required.map(([name, { fieldType }]) => [name, sample(fieldType, extra)])),
        ...extra,
      };
    }
    case "union":
      return sample((validator.value as Json[])[0] ?? {}, extra);
    case "literal":
      return validator.value;
    case "id":
      return `99999${String(validator.tableName)}`; // as convex-test writes ids; there is no such document
    case "number":
      return 1;
    case "boolean":
      return false;
    case "array":
      return [];
    case "null":
      return null;
    case "string":
      return "x";
    default:
      return {};
  }
}

type Caller = Pick<Backend, "query" | "mutation" | "action">;

async function call(backend: Caller, called: PublicFunction, args: Json) {
  const { path, kind } = called;
  if (kind === "query") return await backend.query(makeFunctionReference<"query">(path), args);
  if (kind === "mutation") return await backend.mutation(makeFunctionReference<"mutation">(path), args);
  return await backend.action(makeFunctionReference<"action">(path), args);
}

/** The code of the refusal for lack of a role; null for every other outcome. */
async function refusalOf(calling: Promise<unknown>): Promise<string | null> {
  const error = await calling.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  const code: unknown = error instanceof ConvexError ? error.data?.code : null;
  return code === "unauthenticated" || code === "forbidden" ? code : null;
}

/** Somebody on a deployment of their own, so that no call is in another's way. */
async function newCaller(caller: (typeof CALLERS)[number]): Promise<Caller> {
  const backend = newBackend();
  return caller === "visitor" ? backend : (await newMember(backend, caller)).as;
}

describe("public functions", () => {
  test("are all in the table above, with the lowest role that may call them", () => {
    expect(functions.map(({ path }) => path).sort()).toEqual(Object.keys(LOWEST_ROLE).sort());
  });

  test("refuse every caller below their role, and no other", async () => {
    const actual: string[] = [];
    const expected: string[] = [];
    for (const each of functions) {
      const lowest = LOWEST_ROLE[each.path] ?? "owner";
      for (const caller of CALLERS) {
        const refusal = await refusalOf(call(await newCaller(caller), each, sample(each.args) as Json));
        actual.push(`${caller} ${each.path} ${refusal ?? "may"}`);
        const mayCall = lowest === "anyone" || (caller !== "visitor" && hasRole(caller, lowest));
        const answer = mayCall ? "may" : caller === "visitor" ? "unauthenticated" : "forbidden";
        expected.push(`${caller} ${each.path} ${answer}`);
      }
    }
    expect(actual).toEqual(expected);
  });

  test("reject fields that they do not name, at every depth, even from an owner", async () => {
    const owner = await newCaller("owner");
    const accepted: string[] = [];
    for (const each of functions) {
      // Convex Auth's own functions take what providers define; the next test is about them.
      if (each.path.startsWith("auth:")) continue;
      const args = sample(each.args, COVETED) as Json;
      const outcome = await call(owner, each, args).catch((error: Error) => error);
      if (!(outcome instanceof Error && /validator|extra field|Unexpected field/i.test(outcome.message))) {
        accepted.push(`${each.path}: ${outcome instanceof Error ? outcome.message : "was answered"}`);
      }
    }
    expect(accepted).toEqual([]);
  });
});

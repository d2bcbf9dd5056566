/// <reference types="vite/client" />
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { makeFunctionReference, type UserIdentity } from "convex/server";
import { convexTest, type TestConvex } from "convex-test";
import { inject, test, vi } from "vitest";
import WebSocket from "ws";
import schema from "./app/convex/schema.ts";

type Args = Record<string, unknown>;
/** `name` is `module:function`. */
type Call = <Result = unknown>(name: string, args?: Args) => Promise<Result>;

/** What behaviours are observed through: a deployment over the wire, or `convex-test` in memory. */
export interface Target {
  query: Call;
  mutation: Call;
  action: Call;
  /** Calls an HTTP action. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  as(identity: Partial<UserIdentity>): Target;
  /** Resolves when every scheduled function has ended. */
  settle(): Promise<void>;
}

export interface BehaviourOptions {
  /** Why `convex-test` cannot be asked. */
  wireOnly?: string | undefined;
}

/**
 * One behaviour, as two tests: over the wire, and on `convex-test` as an oracle that is not ours, unless `wireOnly`
 * says why not. Tables are empty when it starts.
 */
export function behaviour(
  title: string,
  run: (target: Target) => Promise<void>,
  options: BehaviourOptions = {},
): void {
  test(title, async () => {
    await clear();
    await run(wire());
  });
  if (options.wireOnly !== undefined) return;
  test(`${title} (convex-test)`, async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const oracle = convexTest({ schema, modules });
      await run(oracleTarget(oracle, oracle));
    } finally {
      vi.useRealTimers();
    }
  });
}

const modules = {
  ...import.meta.glob("./app/convex/**/*.ts"),
  // convex-test takes the functions to be where `_generated` is.
  "./app/convex/_generated/api.js": async () => ({}),
};

/** A client of the deployment under test: with the admin key when it acts as somebody, else without credentials. */
export function wireClient(identity?: Partial<UserIdentity>): ConvexHttpClient {
  const { cloudUrl, adminKey } = inject("deployment");
  const client = new ConvexHttpClient(cloudUrl, { logger: false, skipConvexDeploymentUrlCheck: true });
  // The CLI acts as somebody through this method, which is left out of the published types.
  if (identity) Reflect.apply(Reflect.get(client, "setAdminAuth"), client, [adminKey, identity]);
  return client;
}

export function wire(client: ConvexHttpClient = wireClient()): Target {
  const { siteUrl } = inject("deployment");
  return {
    query: (name, args = {}) => client.query(makeFunctionReference<"query">(name), args),
    mutation: (name, args = {}) => client.mutation(makeFunctionReference<"mutation">(name), args),
    action: (name, args = {}) => client.action(makeFunctionReference<"action">(name), args),
    fetch: (path, init) => fetch(`${siteUrl}${path}`, init),
    as: (identity) => wire(wireClient({ issuer: "https://convex.test", ...identity })),
    settle: async () => {
      while ((await asAdmin().query<number>("testing:unfinishedJobs")) > 0) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

/** A client with a socket, closed by `await using`. */
export function liveClient(): ConvexClient & AsyncDisposable {
  const client = new ConvexClient(inject("deployment").cloudUrl, {
    webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket,
    unsavedChangesWarning: false,
    skipConvexDeploymentUrlCheck: true,
    logger: false,
  });
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** Subscribes; `until` resolves with the first result that `accept` accepts. */
export function watch<Result>(client: ConvexClient, name: string, args: Args) {
  const results: Result[] = [];
  let wake = () => {};
  client.onUpdate(makeFunctionReference<"query", Args, Result>(name), args, (result) => {
    results.push(result);
    wake();
  });
  const until = async (accept: (result: Result) => boolean): Promise<Result> => {
    for (;;) {
      const found = results.find(accept);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { results, until };
}

/** May call internal functions. */
export function asAdmin(): Target {
  return wire(wireClient({ issuer: "https://convex.test", subject: "admin" }));
}

/** Empties all tables of the deployment under test. */
export async function clear(): Promise<void> {
  await asAdmin().mutation("testing:clear");
}

type Oracle = TestConvex<typeof schema>;

function oracleTarget(root: Oracle, caller: Pick<Oracle, "query" | "mutation" | "action" | "fetch">): Target {
  return {
    query: (name, args = {}) => caller.query(makeFunctionReference<"query">(name), args),
    mutation: (name, args = {}) => caller.mutation(makeFunctionReference<"mutation">(name), args),
    action: (name, args = {}) => caller.action(makeFunctionReference<"action">(name), args),
    fetch: (path, init) => caller.fetch(path, init),
    as: (identity) => oracleTarget(root, root.withIdentity(identity)),
    settle: () => root.finishAllScheduledFunctions(vi.runAllTimers),
  };
}

import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../store/openStore.ts";
import type { ConvexJson } from "../store/types.ts";
import { createFunctionHost, type FunctionHostOptions } from "./createFunctionHost.ts";
import type { FunctionCall, FunctionHost, FunctionOutcome } from "./types.ts";

export interface TestHost {
  host: FunctionHost;
  /** Pushes modules by path, all of them: start, wait, finish. */
  push(modules: Record<string, string>): Promise<void>;
  query(path: string, args?: ConvexJson): Promise<FunctionOutcome>;
  mutation(path: string, args?: ConvexJson): Promise<FunctionOutcome>;
  action(path: string, args?: ConvexJson): Promise<FunctionOutcome>;
  http(request: Request): ReturnType<FunctionHost["runHttpAction"]>;
  /** Closes the deployment and opens it again on the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const request = { ip: "127.0.0.1", userAgent: "test", requestId: "0123456789abcdef" };

/** A deployment in a temporary directory, for tests. `convex/server` resolves in its modules. */
export async function startTestHost(options: Partial<FunctionHostOptions> = {}): Promise<TestHost> {
  const dataDir = await mkdtemp(join(tmpdir(), "convex-host-"));
  await symlink(join(import.meta.dirname, "../../../node_modules"), join(dataDir, "node_modules"));
  const open = () =>
    createFunctionHost({
      store: openStore({ path: join(dataDir, "test.sqlite3") }),
      dataDir,
      cloudUrl: "http://127.0.0.1:3210",
      siteUrl: "http://127.0.0.1:3211",
      instanceName: "test",
      isStrict: true,
      ...options,
    });
  let host = await open();
  const close = async () => {
    await host.close();
    await host.store.close();
  };
  return {
    get host() {
      return host;
    },
    push: (modules) => pushModules(host, modules),
    query: async (path, args) => (await host.runQuery(callOf(path, args))).outcome,
    mutation: async (path, args) => (await host.runMutation(callOf(path, args))).outcome,
    action: (path, args) => host.runAction(callOf(path, args)),
    http: (incoming) => host.runHttpAction(incoming, { identity: { kind: "none" }, request }),
    restart: async () => {
      await close();
      host = await open();
    },
    close: async () => {
      await close();
      await rm(dataDir, { recursive: true });
    },
  };
}

export function callOf(path: string, args: ConvexJson = {}): FunctionCall {
  return { path, args, identity: { kind: "none" }, visibility: "public", request };
}

async function pushModules(host: FunctionHost, modules: Record<string, string>): Promise<void> {
  const startPush: unknown = await host.pushes.startPush(pushBody(modules));
  const schemaChange =
    typeof startPush === "object" && startPush !== null && "schemaChange" in startPush
      ? startPush.schemaChange
      : null;
  const status = await host.pushes.waitForSchema({ schemaChange });
  if (JSON.stringify(status) !== '{"type":"complete"}') throw new Error(JSON.stringify(status));
  await host.pushes.finishPush({ startPush, dryRun: false });
}

/** The body of `start_push` for modules given by path; a source that starts with "use node" is a Node module. */
export function pushBody(modules: Record<string, string>): unknown {
  const all = Object.entries(modules).map(([path, source]) => ({
    path,
    source,
    environment: source.startsWith('"use node"') ? "node" : "isolate",
  }));
  const special = (path: string) => all.find((module) => module.path === path) ?? null;
  return {
    dryRun: false,
    appDefinition: {
      definition: special("convex.config.js"),
      dependencies: [],
      schema: special("schema.js"),
      changedModules: all.filter(({ path }) => path !== "schema.js" && path !== "convex.config.js"),
      unchangedModuleHashes: [],
      udfServerVersion: "1.48.0",
    },
    componentDefinitions: [],
  };
}

/** Resolves when `isTrue` does, asked again after each commit. */
export async function untilCommitted(host: FunctionHost, isTrue: () => Promise<boolean>): Promise<void> {
  for (;;) {
    const committed = new Promise<void>((resolve) => {
      const stop = host.store.onCommit(() => {
        stop();
        resolve();
      });
    });
    if (await isTrue()) return;
    await committed;
  }
}

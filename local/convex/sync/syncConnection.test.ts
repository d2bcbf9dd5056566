import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Authenticator } from "../auth/authenticator.ts";
import { createFunctionHost } from "../host/createFunctionHost.ts";
import { openStore } from "../store/openStore.ts";
import { LiveQueries } from "./liveQueries.ts";
import { SyncConnection } from "./syncConnection.ts";

const VERSIONS = 40;

test("a query set change that arrives while the last Transition leaves is answered too", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "sync-"));
  const store = openStore({ path: join(dataDir, "convex.sqlite") });
  const urls = { cloudUrl: "http://127.0.0.1:1", siteUrl: "http://127.0.0.1:2" };
  const host = await createFunctionHost({ store, dataDir, instanceName: "test", ...urls });
  const live = new LiveQueries(store, (call) => host.runQuery(call));
  const authenticator = new Authenticator({ adminKey: "test|key", providers: () => [] });
  const reached = await new Promise<number>((resolve, reject) => {
    const modify = (baseVersion: number) =>
      JSON.stringify({
        type: "ModifyQuerySet",
        baseVersion,
        newVersion: baseVersion + 1,
        modifications: [{ type: "Add", queryId: baseVersion, udfPath: "missing:query", args: [{}] }],
      });
    const request = { ip: null, userAgent: null, requestId: "0000000000000000" };
    const connection = new SyncConnection(
      { host, authenticator, live },
      {
        send: (text) => {
          const message: { type: string; endVersion?: { querySet: number } } = JSON.parse(text);
          const version = message.endVersion?.querySet ?? 0;
          if (message.type !== "Transition") reject(new Error(text));
          else if (version === VERSIONS) resolve(version);
          else {
            // After as many turns of the microtask queue as the version says, to meet every moment of the update's end.
            let turn = Promise.resolve();
            for (let index = 0; index < version; index++) turn = turn.then(() => undefined);
            void turn.then(() => connection.receive(modify(version)));
          }
        },
        close: (_code, reason) => reject(new Error(reason)),
      },
      request,
    );
    connection.receive(JSON.stringify({ type: "Connect", sessionId: "s", connectionCount: 0, clientTs: 0 }));
    connection.receive(modify(0));
  });
  expect(reached).toBe(VERSIONS);
  await host.close();
  await store.close();
  await rm(dataDir, { recursive: true });
});

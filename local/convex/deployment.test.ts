import { spawn } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { type Deployment, startDeployment } from "./deployment.ts";
import { createTestApp, type TestApp } from "./testing/testApp.ts";

interface List {
  bodies: string[];
  evaluatedAt: number;
}
type Send = { channel: string; body: string };
type Nothing = Record<string, never>;
const messages = {
  list: makeFunctionReference<"query", { channel: string }, List>("messages:list"),
  send: makeFunctionReference<"mutation", Send, string>("messages:send"),
  refuse: makeFunctionReference<"mutation", Nothing, null>("messages:refuse"),
  shout: makeFunctionReference<"action", Send, string>("messages:shout"),
  viewer: makeFunctionReference<"query", Nothing, string | null>("messages:viewer"),
};

let app: TestApp;
let deployment: Deployment;
let signToken: (subject: string, expiresIn?: string) => Promise<string>;

beforeAll(async () => {
  app = await createTestApp();
  deployment = await startDeployment({
    dataDir: join(app.directory, "data"),
    cloudPort: 0,
    sitePort: 0,
    isStrict: true,
  });
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "test", alg: "ES256", use: "sig" }] };
  signToken = (subject, expiresIn = "1h") =>
    new SignJWT({ sub: subject })
      .setProtectedHeader({ alg: "ES256", kid: "test", typ: "JWT" })
      .setIssuer("https://issuer.test")
      .setIssuedAt()
      .setExpirationTime(expiresIn)
      .sign(privateKey);
  const dataUri = `data:application/json;base64,${Buffer.from(JSON.stringify(jwks)).toString("base64")}`;
  await app.cli(deployment, "env", "set", "TEST_JWKS", dataUri);
  await app.cli(deployment, "dev", "--once", "--typecheck", "disable");
}, 60_000);

afterAll(async () => {
  await deployment.stop();
  await app[Symbol.asyncDispose]();
});

/** A client that is closed with the test. */
function connect(url = deployment.cloudUrl): ConvexClient & AsyncDisposable {
  const client = new ConvexClient(url, {
    webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket,
    unsavedChangesWarning: false,
  });
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** Resolves with the first result of the subscription that `accept` accepts; keeps all results. */
function watch(client: ConvexClient, channel: string) {
  const results: List[] = [];
  const waiters: { accept: (list: List) => boolean; resolve: (list: List) => void }[] = [];
  const stop = client.onUpdate(messages.list, { channel }, (list) => {
    results.push(list);
    for (const { accept, resolve } of waiters) {
      if (accept(list)) {
        resolve(list);
      }
    }
  });
  const until = (accept: (list: List) => boolean) =>
    new Promise<List>((resolve) => {
      const seen = results.find(accept);
      if (seen !== undefined) {
        resolve(seen);
        return;
      }
      waiters.push({ accept, resolve });
    });
  return { results, until, stop };
}

test("the admin key is made once, for its owner's eyes only", async () => {
  const file = join(app.directory, "data", "admin-key");
  expect((await readFile(file, "utf8")).trim()).toBe(deployment.adminKey);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(deployment.adminKey).toMatch(/^local\|[0-9a-f]{64}$/);
});

test("a subscriber sees a mutation's effect before the mutation's promise resolves", async () => {
  await using client = connect();
  const { results, until } = watch(client, "order");
  await until(() => true);
  await client.mutation(messages.send, { channel: "order", body: "first" });
  expect(results.at(-1)?.bodies).toEqual(["first"]);
});

test("mutations of one connection run in order", async () => {
  await using client = connect();
  const bodies = Array.from({ length: 20 }, (_, index) => String(index));
  await Promise.all(bodies.map((body) => client.mutation(messages.send, { channel: "sequence", body })));
  expect((await client.query(messages.list, { channel: "sequence" })).bodies).toEqual(bodies);
});

test("a write elsewhere in the table does not run a subscription again", async () => {
  await using client = connect();
  await using other = connect();
  const { results, until } = watch(client, "quiet");
  const before = await until(() => true);
  await other.mutation(messages.send, { channel: "loud", body: "hello" });
  await client.mutation(messages.send, { channel: "loud", body: "hello again" });
  expect(results).toEqual([before]);
  await other.mutation(messages.send, { channel: "quiet", body: "now" });
  const after = await until(({ bodies }) => bodies.length === 1);
  expect(after.evaluatedAt).toBeGreaterThan(before.evaluatedAt);
});

test("a mutation that throws is rolled back and its ConvexError arrives", async () => {
  await using client = connect();
  const refusal = await client.mutation(messages.refuse, {}).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ data: { code: "refused", message: "No." } });
  expect((await client.query(messages.list, { channel: "refused" })).bodies).toEqual([]);
});

test("queries, mutations and actions work over HTTP", async () => {
  const client = new ConvexHttpClient(deployment.cloudUrl);
  await client.mutation(messages.send, { channel: "http", body: "quiet" });
  expect(await client.action(messages.shout, { channel: "http", body: "loud" })).toContain("LOUD");
  expect((await client.query(messages.list, { channel: "http" })).bodies).toEqual(["quiet", "LOUD"]);
});

test("a mutation that is sent again after a reconnect runs once", async () => {
  const url = `${deployment.cloudUrl.replace("http", "ws")}/api/1.48.0/sync`;
  const sessionId = crypto.randomUUID();
  const sendOnce = async () => {
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.once("open", resolve));
    const answer = new Promise<{ success: boolean; result: string }>((resolve) => {
      socket.on("message", (data) => {
        const message = JSON.parse(String(data));
        if (message.type === "MutationResponse") {
          resolve(message);
        }
      });
    });
    socket.send(
      JSON.stringify({ type: "Connect", sessionId, connectionCount: 0, lastCloseReason: null, clientTs: 0 }),
    );
    const args = [{ channel: "replay", body: "once" }];
    socket.send(JSON.stringify({ type: "Mutation", requestId: 3, udfPath: "messages:send", args }));
    const { success, result } = await answer;
    socket.terminate();
    return { success, result };
  };
  const first = await sendOnce();
  expect(await sendOnce()).toEqual(first);
  const client = new ConvexHttpClient(deployment.cloudUrl);
  expect((await client.query(messages.list, { channel: "replay" })).bodies).toEqual(["once"]);
});

test("a verified token is the identity, on sockets, over HTTP and in HTTP actions", async () => {
  const token = await signToken("ada");
  const http = new ConvexHttpClient(deployment.cloudUrl);
  expect(await http.query(messages.viewer, {})).toBeNull();
  http.setAuth(token);
  expect(await http.query(messages.viewer, {})).toBe("ada");
  await using client = connect();
  client.setAuth(async () => token);
  expect(await client.query(messages.viewer, {})).toBe("ada");
  const identity = (authorization: string) =>
    fetch(`${deployment.siteUrl}/identity`, { headers: { authorization } }).then((response) =>
      response.text(),
    );
  expect(await identity(`Bearer ${token}`)).toBe("ada");
  expect(await identity("Bearer some-api-key")).toBe("invalid");
});

test("a bad token is refused over HTTP and makes a socket ask for another one", async () => {
  const http = new ConvexHttpClient(deployment.cloudUrl);
  http.setAuth("not-a-token");
  await expect(http.query(messages.viewer, {})).rejects.toThrow("InvalidAuthHeader");
  await using client = connect();
  const token = await signToken("grace");
  const expired = await signToken("grace", "-1h");
  let asked = 0;
  client.setAuth(async () => {
    asked += 1;
    return asked === 1 ? expired : token;
  });
  const seen = new Promise<string>((resolve) => {
    client.onUpdate(messages.viewer, {}, (viewer) => viewer !== null && resolve(viewer));
  });
  expect(await seen).toBe("grace");
  expect(asked).toBeGreaterThan(1);
});

test("the CLI calls functions, shows data and manages the environment", async () => {
  await app.cli(deployment, "env", "set", "GREETING", "hello");
  const shout = '{"channel":"cli","body":"hey"}';
  expect(await app.cli(deployment, "run", "messages:shout", shout)).toContain("hello: HEY");
  const [value, tables, documents, functions] = await Promise.all([
    app.cli(deployment, "env", "get", "GREETING"),
    app.cli(deployment, "data"),
    app.cli(deployment, "data", "messages"),
    app.cli(deployment, "function-spec"),
  ]);
  expect(value).toContain("hello");
  expect(tables).toContain("messages");
  expect(documents).toContain("HEY");
  expect(functions).toContain("messages.js:send");
  await app.cli(deployment, "env", "remove", "GREETING");
  const remaining = await app.cli(deployment, "env", "list");
  expect(remaining).toContain("TEST_JWKS");
  expect(remaining).not.toContain("GREETING");
}, 60_000);

test("the CLI deploys and generates code", async () => {
  await app.cli(deployment, "deploy", "-y", "--typecheck", "disable");
  await app.cli(deployment, "codegen", "--typecheck", "disable");
  expect(await readFile(join(app.directory, "convex", "_generated", "api.d.ts"), "utf8")).toContain(
    "messages",
  );
}, 60_000);

test("what is not supported is refused by name and at once", async () => {
  const headers = { authorization: `Convex ${deployment.adminKey}` };
  const response = await fetch(`${deployment.cloudUrl}/api/app_metrics/x`, { headers });
  const schema = `${deployment.cloudUrl}/api/deploy2/evaluate_schema`;
  const answers = [response, await fetch(schema, { method: "POST", headers, body: "{}" })];
  for (const [index, message] of ["Metrics", "evaluate_schema (advisory schema checks)"].entries()) {
    expect(answers[index]?.status).toBe(400);
    expect(await answers[index]?.json()).toMatchObject({
      code: "NotSupported",
      message: expect.stringContaining(message),
    });
  }
});

test("a large request body streams to the action", async () => {
  const body = new Uint8Array(40 * 1024 * 1024);
  const response = await fetch(`${deployment.siteUrl}/length`, { method: "POST", body });
  expect(await response.json()).toMatchObject({ length: body.length });
});

test("an action may refuse a body without reading it, and the connection serves on", async () => {
  const body = new Uint8Array(4 * 1024 * 1024);
  const refused = await fetch(`${deployment.siteUrl}/refuse-upload`, { method: "POST", body });
  expect([refused.status, await refused.text()]).toEqual([413, "too large"]);
  const served = await fetch(`${deployment.siteUrl}/length`, { method: "POST", body: "abc" });
  expect(await served.json()).toMatchObject({ length: 3, url: `${deployment.siteUrl}/length` });
});

test("HTTP actions are also served below /http, and their URL does not show it", async () => {
  const response = await fetch(`${deployment.cloudUrl}/http/length`, {
    method: "POST",
    body: "abc",
    headers: { "x-forwarded-proto": "https" },
  });
  const { url } = await response.json();
  expect(url).toBe(`${deployment.cloudUrl.replace("http:", "https:")}/length`);
});

test("an action that throws before its Response is answered with status 500", async () => {
  const response = await fetch(`${deployment.siteUrl}/throw`);
  expect(response.status).toBe(500);
  expect(await response.text()).toContain("broken on purpose");
});

test("a client that leaves aborts request.signal, and the action runs to its end", async () => {
  await using client = connect();
  const { until } = watch(client, "left");
  const leaving = httpRequest(`${deployment.siteUrl}/stream/left`);
  leaving.on("error", () => {});
  leaving.end();
  await new Promise<void>((resolve) => {
    leaving.on("response", (response) => response.once("data", () => resolve()));
  });
  leaving.destroy();
  const { bodies } = await until((list) => list.bodies.length === 2);
  expect(bodies).toEqual(["aborted", "ran to the end"]);
});

test("acknowledged mutations survive kill -9", async () => {
  const dataDir = join(app.directory, "killed");
  const start = async () => {
    const main = fileURLToPath(new URL("./main.ts", import.meta.url));
    const child = spawn(
      process.execPath,
      ["--import", "tsx", main, "--data-dir", dataDir, "--port", "0", "--site-port", "0"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const exited = new Promise((resolve) => child.once("exit", resolve));
    for await (const line of createInterface({ input: child.stdout })) {
      return { child, exited, ready: JSON.parse(line) };
    }
    throw new Error("The deployment did not start");
  };
  const first = await start();
  await app.cli(first.ready, "env", "set", "TEST_JWKS", "data:application/json,{}");
  await app.cli(first.ready, "dev", "--once", "--typecheck", "disable");
  await using client = connect(first.ready.cloudUrl);
  const acknowledged: string[] = [];
  const writing = (async () => {
    for (let index = 0; ; index += 1) {
      await client.mutation(messages.send, { channel: "durable", body: String(index) });
      acknowledged.push(String(index));
      if (acknowledged.length === 50) {
        first.child.kill("SIGKILL");
        return;
      }
    }
  })();
  await writing;
  await first.exited;
  const second = await start();
  expect(second.ready.adminKey).toBe(first.ready.adminKey);
  const http = new ConvexHttpClient(second.ready.cloudUrl);
  expect((await http.query(messages.list, { channel: "durable" })).bodies).toEqual(acknowledged);
  second.child.kill("SIGTERM");
  await second.exited;
}, 60_000);

import type { lookup as dnsLookup, LookupAddress } from "node:dns";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { postSafely, type SafePost } from "./postSafely";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const server = createServer(listener).on("connection", () => connections++);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { port: typeof address === "object" && address ? address.port : 0, connections: () => connections };
}

/** A DNS of the test's own, which gives its answers one after another and counts the questions. */
function stubDns(...answers: (string[] | Error)[]): { lookup: typeof dnsLookup; asked: () => number } {
  let asked = 0;
  const lookup = (
    _name: string,
    _options: unknown,
    callback: (error: Error | null, found: LookupAddress[]) => void,
  ) => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
    if (answer instanceof Error) return callback(answer, []);
    callback(
      null,
      answer.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  };
  return { lookup: lookup as typeof dnsLookup, asked: () => asked };
}

const post = (url: string, options: Partial<SafePost> = {}) =>
  postSafely(url, { headers: {}, body: new Uint8Array(10), allowsLoopback: true, ...options });

describe("a delivery's connection", () => {
  it("goes to the address that was checked: one lookup, whatever the DNS says next", async () => {
    const { port } = await serve((_request, response) => response.end("ok"));
    const dns = stubDns(["127.0.0.1"], ["10.0.0.1"]);
    const outcome = await post(`http://localhost:${port}/`, { lookup: dns.lookup });
    expect(outcome).toMatchObject({ status: 200, responseText: "ok", error: null });
    expect(dns.asked()).toBe(1);
  });

  it.each([
    ["a private address", ["10.0.0.1"]],
    ["loopback", ["127.0.0.1"]],
    ["the metadata service", ["169.254.169.254"]],
    ["a public and a private address", ["93.184.216.34", "127.0.0.1"]],
    ["a public IPv4 and a private IPv6 address", ["93.184.216.34", "fd00::1"]],
    ["a mapped loopback address", ["::ffff:7f00:1"]],
    ["a NAT64 loopback address", ["64:ff9b::7f00:1"]],
    ["nothing at all", []],
  ])("is never made to a name that leads to %s", async (_what, addresses) => {
    for (const url of ["https://receiver.example.com/", "https://127.0.0.1.nip.io:8443/x"]) {
      const dns = stubDns(addresses, ["127.0.0.1"]);
      const outcome = await post(url, { lookup: dns.lookup });
      expect(outcome).toMatchObject({ status: null, error: expect.stringContaining("private or reserved") });
      expect(dns.asked()).toBe(1);
    }
  });

  it("fails once when the lookup fails, without another try that might lead elsewhere", async () => {
    const dns = stubDns(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), ["127.0.0.1"]);
    const outcome = await post("https://receiver.example.com/", { lookup: dns.lookup });
    expect(outcome).toMatchObject({ status: null, error: expect.stringContaining("ENOTFOUND") });
    expect(dns.asked()).toBe(1);
  });

  it("is not even looked up for a URL that is refused", async () => {
    const { port, connections } = await serve((_request, response) => response.end());
    const dns = stubDns(["127.0.0.1"]);
    for (const url of [
      `http://127.0.0.1:${port}/`,
      `https://127.0.0.1:${port}/`,
      `https://user@example.com/`,
      "https://example.com:22/",
      "http://example.com/",
      "https://[::ffff:127.0.0.1]/",
      "https://0x7f.1/",
    ]) {
      expect((await post(url, { allowsLoopback: false, lookup: dns.lookup })).status).toBeNull();
    }
    expect([dns.asked(), connections()]).toEqual([0, 0]);
  });

  it("does not follow redirects", async () => {
    const target = await serve((_request, response) => response.end("secret"));
    const { port } = await serve((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${target.port}/` }).end(),
    );
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 302 });
    expect(target.connections()).toBe(0);
  });
});

describe("a hostile receiver", () => {
  it("that sends one byte a second, or 50 MB, costs two seconds and one KB at most", async () => {
    const trickle = await serve((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x"), 1_000);
      response.on("close", () => clearInterval(timer));
    });
    const flood = await serve((_request, response) => {
      response.writeHead(200);
      response.end(Buffer.alloc(50 * 1024 * 1024, "y"));
    });
    const [slow, large] = await Promise.all([
      post(`http://127.0.0.1:${trickle.port}/`),
      post(`http://127.0.0.1:${flood.port}/`),
    ]);
    expect(slow.status).toBe(200);
    expect(slow.latencyMs).toBeLessThan(3_500);
    expect(large).toMatchObject({ status: 200, responseText: "y".repeat(1_024) });
    expect(large.latencyMs).toBeLessThan(3_500);
  });

  it("that never answers, or trickles its head, is given up at the deadline", async () => {
    const silent = await serve(() => undefined);
    const headDrip = await serve((_request, response) => {
      const timer = setInterval(() => response.socket?.write("X"), 50);
      response.on("close", () => clearInterval(timer));
    });
    for (const { port } of [silent, headDrip]) {
      const outcome = await post(`http://127.0.0.1:${port}/`, { timeoutMs: 300 });
      expect(outcome.status).toBeNull();
      expect(outcome.latencyMs).toBeLessThan(2_000);
    }
  });

  it("that resets, or speaks no HTTP, is a failure with a reason", async () => {
    const { port } = await serve((request) => request.socket.destroy());
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({
      status: null,
      error: expect.any(String),
    });
    expect(await post("http://127.0.0.1:9/")).toMatchObject({
      status: null,
      error: expect.stringContaining("ECONN"),
    });
  });
});

/** The yardstick: a bare `node:http` proxy that pipes both ways and does nothing else. Usage: pipeProxy.ts <upstream URL>. */
import http from "node:http";

const upstream = new URL(process.argv[2] ?? "http://127.0.0.1:3212");
const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

const server = http.createServer((request, response) => {
  const forwarded = http.request(
    {
      host: upstream.hostname,
      port: upstream.port,
      agent,
      method: request.method,
      path: request.url,
      headers: { ...request.headers, host: upstream.host, "x-api-key": "simulated" },
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  forwarded.on("error", () => response.destroy());
  response.on("close", () => forwarded.destroy());
  request.pipe(forwarded);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the pipe proxy has no port");
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${address.port}` })}\n`);
});
process.on("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});

import { connect } from "node:net";
import { shared } from "./gateway.ts";

/**
 * Sends a head, whatever it is, and perhaps a body over a socket of its own, because fetch tidies both. Resolves with the
 * start of the answer; an empty text when the connection was closed without one.
 */
export function rawAnswer(lines: readonly string[], body: string | Uint8Array = ""): Promise<string> {
  const { hostname, port, host } = new URL(shared.siteUrl);
  const [requestLine, ...headers] = lines;
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      // One byte a character, so that a test may send any byte.
      socket.write([requestLine, `host: ${host}`, ...headers, "", ""].join("\r\n"), "latin1");
      socket.write(body);
    });
    let answer = "";
    socket.once("data", (data) => {
      answer = data.toString("latin1");
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
  });
}

/** The status in an answer's first line. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}

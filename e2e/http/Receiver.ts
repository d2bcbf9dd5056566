import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Webhook } from "standardwebhooks";

export interface Received {
  id: string;
  headers: Record<string, string>;
  body: string;
  at: number;
}

/** What a receiver answers to its nth delivery (from 1); the default is 200. */
export type Behaviour = (nth: number, response: ServerResponse, delivery: Received) => void;

/** Somebody else's server on this machine, to which answers are delivered. */
export class Receiver {
  readonly received: Received[] = [];
  behaviour: Behaviour = (_nth, response) => response.writeHead(200).end("ok");
  private readonly waiting = new Set<() => void>();

  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<Receiver> {
    const server = createServer((request, response) => void receiver.take(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const receiver = new Receiver(`http://127.0.0.1:${port}/hooks`, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return receiver;
  }

  /** The first `count` deliveries with a text in them, once they are there. */
  async waitFor(contains: string, count = 1, timeoutMs = 20_000): Promise<Received[]> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.received.filter(({ body }) => body.includes(contains));
      if (found.length >= count) return found;
      const restMs = deadline - Date.now();
      if (restMs <= 0) throw new Error(`${found.length} of ${count} deliveries with ${contains}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMs);
        this.waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    request.setEncoding("utf8");
    for await (const chunk of request) body += chunk;
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const delivery = { id: headers["webhook-id"] ?? "", headers, body, at: Date.now() };
    this.received.push(delivery);
    this.behaviour(this.received.length, response, delivery);
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}

export interface DeliveredMessage {
  type: string;
  timestamp: string;
  data: {
    id: string;
    text?: string;
    output?: unknown;
    cost_usd?: string;
    error?: { type: string; message: string };
    message?: {
      content: { type: string; text?: string }[];
      stop_reason: string;
      usage: Record<string, unknown>;
    };
  } & Record<string, unknown>;
}

/** A delivery's content, after the reference library found its signature right. */
export function verified({ headers, body }: Received, secret: string): DeliveredMessage {
  return new Webhook(secret).verify(body, headers) as DeliveredMessage;
}

import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { signed } from "./signed.ts";

/** What the sender is told, as JSON, by its one argument. */
export interface Sending {
  url: string;
  secret: string;
  events: number;
  withinMs: number;
  /** Of the simulated Claude. */
  script: string;
}

/** What it prints. */
export interface Sent {
  /** From the first byte sent to the answer's end, of each event. */
  latenciesMs: number[];
  /** Our ids of the events. */
  ids: string[];
}

const agent = new Agent({ keepAlive: true });

/** A sender in a process of its own, so that nobody else's work counts as the gateway's time. */
async function sendAll({ url, secret, events, withinMs, script }: Sending): Promise<Sent> {
  const sent: Sent = { latenciesMs: [], ids: [] };
  const send = async (n: number) => {
    await new Promise((resolve) => setTimeout(resolve, (n * withinMs) / events));
    const body = JSON.stringify({ text: `${randomUUID()} [[script ${script}]]` });
    const headers = signed(secret, body);
    const startedAt = performance.now();
    const answer = await post(url, body, headers);
    sent.latenciesMs.push(performance.now() - startedAt);
    if (answer.status !== 202) throw new Error(`event refused: ${answer.status} ${answer.text}`);
    sent.ids.push(JSON.parse(answer.text).id);
  };
  await Promise.all(Array.from({ length: events }, (_, n) => send(n)));
  return sent;
}

function post(
  url: string,
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const length = { "content-length": Buffer.byteLength(body) };
    const call = request(url, { method: "POST", agent, headers: { ...headers, ...length } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.once("error", reject);
    call.end(body);
  });
}

console.log(JSON.stringify(await sendAll(JSON.parse(process.argv[2] ?? ""))));
agent.destroy();

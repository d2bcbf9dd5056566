import http from "node:http";

/** Where the load goes and with which credential. */
export interface Target {
  name: string;
  url: string;
  key: string;
}

export interface Shape {
  /** JSON text of a `POST /v1/messages` body. */
  body: string;
  isStreaming: boolean;
  /** The whole text of the answer; every answer is compared with it. */
  expectedText: string;
}

export interface Answer {
  /** From the request's last byte written to the first text delta (streams) or to the head (JSON). */
  firstDeltaMs: number;
  totalMs: number;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** Sends one request and verifies the whole answer; throws on any difference. */
export function send(target: Target, shape: Shape): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const url = new URL("/v1/messages", target.url);
    const request = http.request(url, {
      method: "POST",
      agent,
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(shape.body),
        "anthropic-version": "2023-06-01",
        "x-api-key": target.key,
      },
    });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let firstDeltaMs = shape.isStreaming ? Number.NaN : performance.now() - startedAt;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if (Number.isNaN(firstDeltaMs) && chunk.includes("text_delta"))
          firstDeltaMs = performance.now() - startedAt;
      });
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        const text = shape.isStreaming ? streamedText(body) : jsonText(body);
        if (response.statusCode !== 200 || text !== shape.expectedText) {
          reject(new Error(`${target.name}: wrong answer (${response.statusCode}): ${body.slice(0, 300)}`));
          return;
        }
        resolve({ firstDeltaMs, totalMs: performance.now() - startedAt });
      });
    });
    request.end(shape.body);
  });
}

/** Runs `count` requests, `connections` at a time. Rejects on the first wrong answer. */
export async function run(
  target: Target,
  shape: Shape,
  options: { count: number; connections: number },
): Promise<Answer[]> {
  const answers: Answer[] = [];
  let remaining = options.count;
  const worker = async (): Promise<void> => {
    while (remaining > 0) {
      remaining -= 1;
      answers.push(await send(target, shape));
    }
  };
  await Promise.all(Array.from({ length: options.connections }, worker));
  return answers;
}

function jsonText(body: string): string {
  const parsed: { content?: { text?: string }[] } = JSON.parse(body);
  return (parsed.content ?? []).map((block) => block.text ?? "").join("");
}

function streamedText(body: string): string {
  let text = "";
  let isComplete = false;
  for (const line of body.split("\n")) {
    if (line.startsWith('data: {"type":"content_block_delta"')) {
      const event: { delta?: { text?: string } } = JSON.parse(line.slice(6));
      text += event.delta?.text ?? "";
    } else if (line.startsWith('data: {"type":"message_stop"')) isComplete = true;
  }
  return isComplete ? text : `${text}[no message_stop]`;
}

import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { type Script, scriptHeader } from "../../local/claude/script.ts";

/** A stream as its client received it. */
export interface ReceivedStream {
  text: string;
  /** The same without the gateway's own frames: pings, its error event, the trailing comment. */
  claudeText: string;
  /** The trailing comment's cost in dollars; null when there is none. */
  costUsd: string | null;
}

/** Reads a stream to its end and separates the gateway's frames from Claude's bytes. */
export async function readStream(response: Response): Promise<ReceivedStream> {
  const text = await response.text();
  const trailer = /: request (\S+) cost (\S+)\n\n$/.exec(text);
  return { text, claudeText: text.replace(/: request \S+ cost \S+\n\n$/, ""), costUsd: trailer?.[2] ?? null };
}

/** What the simulated Claude sends for a body and script, without a gateway in between. */
export async function askClaudeDirectly(body: object, script: Script): Promise<string> {
  const response = await fetch(`${inject("claudeUrl")}/v1/messages`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "anthropic-version": "2023-06-01",
      "x-api-key": "simulated",
      ...scriptHeader(script),
    },
    body: JSON.stringify(body),
  });
  return await response.text();
}

/** Claude's ids are new in every answer. */
export function withoutIds(text: string): string {
  return text.replace(/(?:msg|req|toolu)_sim\w+/g, "id");
}

/** The data of the last event of a kind. */
export function lastEvent(
  text: string,
  name: string,
): { type: string; error?: { type: string; message: string } } {
  const frames = text.split(/\n\n/).filter((frame) => frame.includes(`event: ${name}\n`));
  const data = frames
    .at(-1)
    ?.split("\n")
    .find((line) => line.startsWith("data: "));
  if (!data) throw new Error(`no ${name} event in: ${text.slice(-500)}`);
  return JSON.parse(data.slice(6));
}

export const uniquePrompt = (): string => `prompt ${randomUUID()}`;

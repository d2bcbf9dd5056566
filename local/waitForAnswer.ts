import { StartError } from "./StartError.ts";

const intervalMs = 100;

/** Waits until a URL answers with a status below 500; throws a StartError that names it after `timeoutMs`. */
export async function waitForAnswer(url: string, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last = "no connection";
  while (Date.now() < deadline) {
    try {
      const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
      await response.body?.cancel();
      if (response.status < 500) return;
      last = `status ${response.status}`;
    } catch (error) {
      last = error instanceof Error && error.cause ? String(error.cause) : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
  throw new StartError(`${url} did not answer within ${timeoutMs / 1000} s (${last}).`);
}

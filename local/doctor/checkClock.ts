import type { Check } from "./Check.ts";

const OFF_MS_MAX = 60_000;
const COMMANDS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "sudo sntp -sS time.apple.com",
  win32: "w32tm /resync",
};

/** Compares this computer's clock with that of a deployment; tokens and signed webhooks live by minutes. */
export async function checkClock(url: string): Promise<Check[]> {
  const askedAt = Date.now();
  const response = await fetch(`${url}/version`, { signal: AbortSignal.timeout(10_000) });
  await response.body?.cancel();
  const theirs = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(theirs)) return [];
  const offMs = (askedAt + Date.now()) / 2 - theirs;
  const seconds = Math.round(Math.abs(offMs) / 1000);
  if (Math.abs(offMs) <= OFF_MS_MAX) {
    return [{ name: "clock", ok: true, detail: "This computer's clock agrees with the deployment's." }];
  }
  const detail = `This computer's clock is ${seconds} s ${offMs > 0 ? "ahead of" : "behind"} the deployment's.`;
  const command = COMMANDS[process.platform] ?? "sudo timedatectl set-ntp true";
  return [{ name: "clock", ok: false, detail, command }];
}

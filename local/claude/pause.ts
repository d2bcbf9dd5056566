/** Resolves after `ms` (Infinity: never by itself) or at once when `signal` aborts; never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = Number.isFinite(ms) ? setTimeout(finish, ms) : null;
    function finish() {
      if (timer) clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    }
    signal.addEventListener("abort", finish);
  });
}

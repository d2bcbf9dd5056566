import { startClaude } from "./server.ts";

const watchableDeltaMs = 20;

const port = Number(process.env.CLAUDE_PORT ?? 3212);
const isFast = process.argv.includes("--fast") || process.env.CLAUDE_FAST === "1";

const claude = await startClaude({ port, deltaMs: isFast ? 0 : watchableDeltaMs }).catch((error: unknown) => {
  console.error(
    `The simulated Claude cannot listen on port ${port}: ${String(error)}. Choose another with CLAUDE_PORT.`,
  );
  process.exit(1);
});
console.log(JSON.stringify({ ready: true, url: claude.url }));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void claude.stop().then(() => process.exit(0)));
}

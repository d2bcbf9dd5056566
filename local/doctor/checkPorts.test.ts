import { createServer } from "node:net";
import { expect, it } from "vitest";
import { checkPorts, isTaken } from "./checkPorts.ts";

it("a taken port is named with the process that holds it, and the command chooses a free one", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  try {
    const free = { PORT: "1", CONVEX_PORT: "1", CONVEX_SITE_PORT: "1" };
    const checks = await checkPorts({ ...free, CLAUDE_PORT: String(port) }, "/nonexistent");
    const wrong = checks.filter(({ ok }) => !ok);
    expect(wrong).toMatchObject([{ name: `port ${port}` }]);
    expect(wrong[0]?.detail).toContain(`(pid ${process.pid})`);
    const [, chosen = ""] = /^CLAUDE_PORT=(\d+) npm start$/.exec(wrong[0]?.command ?? "") ?? [];
    expect(await isTaken(Number(chosen))).toBe(false);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

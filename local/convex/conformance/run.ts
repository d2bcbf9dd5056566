/** `npm run conformance [-- --url <deployment> --admin-key <key>]`: all behaviours, on an embedded deployment by default. */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { url: { type: "string" }, "admin-key": { type: "string" } },
});
if ((values.url === undefined) !== (values["admin-key"] === undefined)) {
  throw new Error(
    "Give --url and --admin-key together: the suite replaces that deployment's code and empties its tables.",
  );
}
const { status } = spawnSync(
  process.execPath,
  ["node_modules/vitest/vitest.mjs", "run", "--config", "local/convex/conformance/vitest.config.ts"],
  {
    stdio: "inherit",
    env: { ...process.env, CONFORMANCE_URL: values.url, CONFORMANCE_ADMIN_KEY: values["admin-key"] },
  },
);
process.exitCode = status ?? 1;

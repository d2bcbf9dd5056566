/** `npm run doctor`: every prerequisite in one line each, with the command that mends it. Exit code 1: something is wrong; 2: wrong flag. */
import { parseArgs } from "node:util";
import { createSecrets } from "../createSecrets.ts";
import type { Check } from "./Check.ts";
import { examine } from "./examine.ts";

const USAGE = `npm run doctor -- [--json] [--prod] [--secrets]
  --json     the checks as JSON: [{name, ok, detail, command?}] (npm run -s doctor -- --json)
  --prod     the project's production deployment on Convex Cloud
  --secrets  only the commands that set the missing secrets of the deployment, with new values`;

function readFlags() {
  try {
    return parseArgs({
      options: {
        json: { type: "boolean", default: false },
        prod: { type: "boolean", default: false },
        secrets: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return null;
  }
}

function print(checks: readonly Check[]): void {
  for (const { ok, detail, command } of checks) {
    console.log(`${ok ? "✓" : "✗"} ${detail}`);
    if (command !== undefined) console.log(`    ${command}`);
  }
}

/** New values for what the deployment lacks or cannot use, and for nothing else. */
function printSecrets(checks: readonly Check[], flags: string): void {
  const wrong = new Set(checks.filter(({ ok }) => !ok).map(({ name }) => name));
  const unreached = checks.find(({ name, ok }) => !ok && (name === "deployment" || name === "variables"));
  if (unreached) throw new Error(`${unreached.detail}\n${unreached.command ?? ""}`);
  const { JWT_PRIVATE_KEY, JWKS, GATEWAY_ENCRYPTION_KEY } = createSecrets();
  const secrets = {
    ...(wrong.has("JWT_PRIVATE_KEY") || wrong.has("JWKS") ? { JWT_PRIVATE_KEY, JWKS } : {}),
    ...(wrong.has("GATEWAY_ENCRYPTION_KEY") ? { GATEWAY_ENCRYPTION_KEY } : {}),
  };
  for (const [name, value] of Object.entries(secrets)) {
    console.log(`npx convex env set ${flags}${name} -- '${value}'`);
  }
}

const flags = readFlags();
if (flags === null) process.exitCode = 2;
else if (flags.help) console.log(USAGE);
else {
  const checks = await examine({
    root: process.cwd(),
    environment: process.env,
    isProduction: flags.prod,
  });
  if (flags.secrets) printSecrets(checks, flags.prod ? "--prod " : "");
  else if (flags.json) console.log(JSON.stringify(checks, null, 2));
  else print(checks);
  if (!flags.secrets && checks.some(({ ok }) => !ok)) process.exitCode = 1;
}

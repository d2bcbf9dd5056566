/** The embedded deployment as a process: `main.ts --data-dir <dir> [--port 3210] [--site-port 3211] [--host 127.0.0.1] [--class s16|s256] [--strict] [--fault-injection]`. */
import { parseArgs } from "node:util";
import { startDeployment } from "./deployment.ts";
import { type DeploymentClass, isDeploymentClass } from "./host/deploymentClass.ts";

const { values } = parseArgs({
  options: {
    "data-dir": { type: "string" },
    port: { type: "string" },
    "site-port": { type: "string" },
    host: { type: "string" },
    name: { type: "string" },
    class: { type: "string" },
    strict: { type: "boolean" },
    "fault-injection": { type: "boolean" },
  },
});

function port(flag: string | undefined, variable: string, otherwise: number): number {
  const text = flag ?? process.env[variable];
  const number = text === undefined || text === "" ? otherwise : Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new Error(`${variable} must be a port number, not ${text}`);
  }
  return number;
}

function deploymentClass(name: string | undefined): DeploymentClass | undefined {
  if (name === undefined || isDeploymentClass(name)) return name;
  throw new Error(`--class must be s16 or s256, not ${name}`);
}

const deployment = await startDeployment({
  dataDir: values["data-dir"] ?? `${process.env.GATEWAY_DATA_DIR ?? ".data"}/convex`,
  cloudPort: port(values.port, "CONVEX_PORT", 3210),
  sitePort: port(values["site-port"], "CONVEX_SITE_PORT", 3211),
  host: values.host,
  instanceName: values.name,
  deploymentClass: deploymentClass(values.class),
  isStrict: values.strict,
  faultInjection: values["fault-injection"],
});
const { cloudUrl, siteUrl, adminKey } = deployment;
console.log(JSON.stringify({ ready: true, cloudUrl, siteUrl, adminKey }));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    deployment.stop().catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    });
  });
}

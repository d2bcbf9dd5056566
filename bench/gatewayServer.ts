import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { bundleDeployment, deploymentProcess } from "../local/bundleDeployment.ts";
import { HttpDeploymentClient } from "../local/DeploymentClient.ts";
import { embeddedConcurrency } from "../local/embeddedConcurrency.ts";
import { type Server, startServer } from "./servers.ts";

export interface GatewayServer {
  server: Server;
  siteUrl: string;
  client: HttpDeploymentClient;
  /** A gateway key with every kind of limit set, none of which is reached. */
  key: string;
}

/** An embedded deployment of its own on one core, as `npm start` runs it, with `convex/` pushed by the real CLI. */
export async function startGateway(options: {
  dataDir: string;
  claudeUrl: string;
  core: number;
}): Promise<GatewayServer> {
  const server = await startServer({
    ...deploymentProcess,
    entry: await bundleDeployment(process.cwd()),
    args: ["--data-dir", options.dataDir, "--port", "0", "--site-port", "0"],
    core: options.core,
  });
  const [cloudUrl, siteUrl, adminKey] = [
    server.ready.cloudUrl,
    server.ready.siteUrl,
    server.ready.adminKey,
  ].map(String);
  if (!cloudUrl || !siteUrl || !adminKey) throw new Error("the embedded deployment printed no addresses");
  const client = new HttpDeploymentClient(cloudUrl, adminKey);
  await client.updateVariables({
    ANTHROPIC_API_KEY: "simulated",
    GATEWAY_CONCURRENT_REQUESTS: embeddedConcurrency,
    ANTHROPIC_BASE_URL: options.claudeUrl,
    SITE_URL: "http://127.0.0.1:3000",
  });
  await promisify(execFile)(
    "npx",
    ["convex", "deploy", "-y", "--codegen", "disable", "--typecheck", "disable"],
    {
      env: {
        ...process.env,
        CI: "1",
        CONVEX_DEPLOYMENT: "",
        CONVEX_SELF_HOSTED_URL: cloudUrl,
        CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey,
      },
    },
  );
  const created = await client.run("admin:createApiKey", {
    name: "bench",
    requestsPerMinute: 10_000_000,
    concurrentRequests: 10_000,
    monthlyBudgetNanoUsd: 1e15,
  });
  if (typeof created !== "object" || created === null || !("secret" in created)) {
    throw new Error(`admin:createApiKey answered ${JSON.stringify(created)}`);
  }
  return { server, siteUrl, client, key: String(created.secret) };
}

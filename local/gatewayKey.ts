import { join } from "node:path";
import { z } from "zod";
import type { DeploymentClient } from "./DeploymentClient.ts";
import { readState, writeState } from "./stateFile.ts";

const vCreated = z.object({ apiKeyId: z.string(), secret: z.string() });
const vKept = vCreated.extend({ siteUrl: z.string() });

/**
 * The gateway key for the `curl` line: made once per data directory and deployment, kept in `gateway-key.json` with
 * mode 0600, and made anew when the deployment no longer accepts it. Returns the secret.
 */
export async function gatewayKey(
  client: DeploymentClient,
  dataDir: string,
  siteUrl: string,
): Promise<string> {
  const path = join(dataDir, "gateway-key.json");
  const kept = await readState(path, vKept);
  if (kept?.siteUrl === siteUrl && (await isAccepted(siteUrl, kept.secret))) return kept.secret;
  const created = vCreated.parse(await client.run("admin:createApiKey", { name: "npm start" }));
  await writeState(path, { ...created, siteUrl });
  return created.secret;
}

/** Whether a key still works; a deployment that fails for another reason does not cost the key. */
async function isAccepted(siteUrl: string, secret: string): Promise<boolean> {
  const response = await fetch(`${siteUrl}/v1/models?limit=1`, {
    headers: { "x-api-key": secret, "anthropic-version": "2023-06-01" },
    signal: AbortSignal.timeout(10_000),
  }).catch(() => null);
  await response?.body?.cancel();
  return response?.status !== 401;
}

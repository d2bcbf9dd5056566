import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import type { TestProject } from "vitest/node";
import { startDeployment } from "../deployment.ts";
import { createTestApp } from "../testing/testApp.ts";

export interface DeploymentUnderTest {
  cloudUrl: string;
  siteUrl: string;
  adminKey: string;
  /** The pushed project, for the tests of the CLI. */
  appDirectory: string;
}
declare module "vitest" {
  interface ProvidedContext {
    deployment: DeploymentUnderTest;
    /** Signs tokens that the application's auth.config.ts accepts. */
    signingKey: JWK;
  }
}

const APP = fileURLToPath(new URL("./app", import.meta.url));

/** Pushes the application of this folder, with the real CLI, to the deployment named in the environment or to a new one. */
export default async function startTarget(project: TestProject): Promise<() => Promise<void>> {
  const app = await createTestApp(APP);
  const { CONFORMANCE_URL: cloudUrl, CONFORMANCE_ADMIN_KEY: adminKey = "" } = process.env;
  const embedded = cloudUrl
    ? null
    : await startDeployment({
        dataDir: join(app.directory, "data"),
        cloudPort: 0,
        sitePort: 0,
        isStrict: true,
      });
  const target = embedded ?? {
    cloudUrl: cloudUrl ?? "",
    adminKey,
    siteUrl: await siteUrlOf(cloudUrl ?? "", adminKey),
  };
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "conformance", alg: "ES256", use: "sig" }] };
  const dataUri = `data:application/json;base64,${Buffer.from(JSON.stringify(jwks)).toString("base64")}`;
  await app.cli(target, "env", "set", "CONFORMANCE_JWKS", dataUri);
  await app.cli(target, "dev", "--once", "--typecheck", "disable");
  const { siteUrl } = target;
  project.provide("signingKey", await exportJWK(privateKey));
  project.provide("deployment", {
    cloudUrl: target.cloudUrl,
    siteUrl,
    adminKey: target.adminKey,
    appDirectory: app.directory,
  });
  return async () => {
    await embedded?.stop();
    await app[Symbol.asyncDispose]();
  };
}

async function siteUrlOf(cloudUrl: string, adminKey: string): Promise<string> {
  const headers = { authorization: `Convex ${adminKey}` };
  const response = await fetch(`${cloudUrl}/api/v1/get_canonical_urls`, { headers });
  if (!response.ok) throw new Error(`${cloudUrl} answered ${response.status}: ${await response.text()}`);
  const { convexSiteUrl }: { convexSiteUrl: string } = await response.json();
  return convexSiteUrl;
}

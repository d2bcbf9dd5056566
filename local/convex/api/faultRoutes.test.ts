import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Deployment, startDeployment } from "../deployment.ts";

async function startOnce(faultInjection: boolean): Promise<Deployment> {
  const dataDir = await mkdtemp(join(tmpdir(), "convex-faults-"));
  const deployment = await startDeployment({ dataDir, cloudPort: 0, sitePort: 0, faultInjection });
  onTestFinished(async () => {
    await deployment.stop();
    await rm(dataDir, { recursive: true });
  });
  return deployment;
}

async function ask(deployment: Deployment, path: string, options: { body?: object; adminKey?: string } = {}) {
  const { body, adminKey = deployment.adminKey } = options;
  const response = await fetch(`${deployment.cloudUrl}/api/embedded/${path}`, {
    method: body ? "POST" : "GET",
    headers: { authorization: `Convex ${adminKey}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: await response.json() };
}

test("faults can only be set with the admin key, in a deployment started for it", async () => {
  const plain = await startOnce(false);
  expect(await ask(plain, "faults", { body: {} })).toMatchObject({
    status: 403,
    body: { code: "FaultInjectionDisabled", message: expect.stringContaining("--fault-injection") },
  });
  expect(await ask(plain, "restart", { body: {} })).toMatchObject({ status: 403 });
  const open = await startOnce(true);
  const refused = await ask(open, "faults", { body: {}, adminKey: "local|00" });
  expect(refused.status).toBeGreaterThanOrEqual(401);
  expect(await ask(open, "faults", { body: { writeConflicts: { ratio: 2 } } })).toMatchObject({
    status: 400,
  });
  const settings = { seed: 3, slowCommits: { delayMs: 5, times: 2 } };
  expect(await ask(open, "faults", { body: settings })).toMatchObject({
    status: 200,
    body: { settings: { ...settings, slowCommits: { delayMs: 5, times: 2, ratio: 1 } } },
  });
  expect(await ask(open, "faults")).toMatchObject({ body: { happened: { slowCommits: 0 } } });
  expect(await ask(open, "faults", { body: {} })).toMatchObject({ body: { settings: null } });
});

test("a restart in place keeps data, ports and the settings of faults", async () => {
  const deployment = await startOnce(true);
  const changes = [{ name: "KEPT", value: "yes" }];
  const update = await fetch(`${deployment.cloudUrl}/api/update_environment_variables`, {
    method: "POST",
    headers: { authorization: `Convex ${deployment.adminKey}` },
    body: JSON.stringify({ changes }),
  });
  expect(update.status).toBe(200);
  await ask(deployment, "faults", { body: { slowCommits: { delayMs: 1 } } });
  await ask(deployment, "restart", { body: {} });
  await deployment.restart();
  const list = await fetch(`${deployment.cloudUrl}/api/list_environment_variables`, {
    headers: { authorization: `Convex ${deployment.adminKey}` },
  });
  expect(await list.json()).toEqual({ environment_variables: { KEPT: "yes" } });
  expect(await ask(deployment, "faults")).toMatchObject({ body: { settings: { slowCommits: {} } } });
});

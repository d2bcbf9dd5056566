import { afterEach, expect, test, vi } from "vitest";
import { api, internal } from "./_generated/api";
import { newBackend, newMember } from "./test.setup";

const webUrl = "https://chat.example.com";
const key = `sk-ant-${"api03"}-${"Qz7Rk2Vt9Lm4Xc1B".repeat(6).slice(0, 93)}AA`;

afterEach(() => vi.unstubAllEnvs());

function stub(variables: Record<string, string>): void {
  const cloud = { CONVEX_CLOUD_URL: "https://happy-otter-123.convex.cloud", SITE_URL: webUrl };
  for (const [name, value] of Object.entries({ ...cloud, ...variables })) vi.stubEnv(name, value);
}

async function findings(): Promise<Record<string, { detail: string; command?: string }>> {
  const checks = await newBackend().query(internal.admin.diagnose, { webUrl });
  return Object.fromEntries(checks.filter(({ ok }) => !ok).map((check) => [check.name, check]));
}

test("a Claude on localhost is out of reach for a deployment in the cloud, and there are three ways out", async () => {
  stub({ ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: "http://localhost:8080" });
  const { ANTHROPIC_BASE_URL: found } = await findings();
  expect(found?.detail).toMatch(/cannot reach your computer.*hosted API.*npm start.*tunnel/);
  expect(found?.command).toBe("npx convex env remove ANTHROPIC_BASE_URL");
  expect(await newBackend().action(internal.admin.probe, {})).toEqual([]);
  stub({ ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: "" });
  expect((await findings()).ANTHROPIC_BASE_URL).toBeUndefined();
});

test("a key's form is judged without showing it", async () => {
  const wrong: [string, string][] = [
    [`${key} `, "has a space or a line break"],
    [`"${key}"`, "has quotes"],
    ["sk-ant-...", "is a placeholder"],
    ["ccg_live_0123456789012345678901234567890123456789012345678", "is a key of this gateway"],
    [key.replace("api03", "admin01"), "is an Admin API key"],
    [key.replace("api03", "oat01"), "is a login token of Claude Code"],
    ["gsk_0123456789012345678901234", "does not start with sk-ant-"],
    ["sk-ant-api03", "is cut off"],
  ];
  for (const [value, problem] of wrong) {
    stub({ ANTHROPIC_API_KEY: value });
    const found = (await findings()).ANTHROPIC_API_KEY;
    expect(found?.detail, problem).toContain(problem);
    expect(found?.command).toBe("npx convex env set ANTHROPIC_API_KEY sk-ant-...");
    expect(JSON.stringify(found)).not.toContain(value.slice(12, 40) || "nothing");
  }
  stub({ ANTHROPIC_API_KEY: key });
  expect((await findings()).ANTHROPIC_API_KEY).toBeUndefined();
});

test("secrets that do not belong together, and an address that is not the app's, are told", async () => {
  stub({
    ANTHROPIC_API_KEY: key,
    JWT_PRIVATE_KEY: `-----BEGIN PRIVATE KEY----- ${btoa("one key, of many bytes")} -----END PRIVATE KEY-----`,
    JWKS: JSON.stringify({ keys: [{ n: btoa("of another") }] }),
    SITE_URL: "https://elsewhere.example.com",
    GATEWAY_ENCRYPTION_KEY: btoa("too short"),
  });
  const found = await findings();
  expect(Object.keys(found)).toEqual(["JWKS", "SITE_URL", "GATEWAY_ENCRYPTION_KEY"]);
  expect(found.JWKS?.detail).toContain("not the public half");
  expect(found.SITE_URL?.command).toBe(`npx convex env set SITE_URL ${webUrl}`);
});

test("only owners see the status", async () => {
  const backend = newBackend();
  const owner = await newMember(backend, "owner");
  const admin = await newMember(backend, "admin");
  expect((await owner.as.query(api.status.get, { webUrl })).length).toBeGreaterThan(4);
  await expect(admin.as.query(api.status.get, { webUrl })).rejects.toMatchObject({
    data: { code: "forbidden" },
  });
});

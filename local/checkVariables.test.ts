import { createPublicKey, createSign, createVerify } from "node:crypto";
import { expect, it } from "vitest";
import { checkVariables } from "./checkVariables.ts";
import { createSecrets } from "./createSecrets.ts";

const webUrl = "http://localhost:3000";
const good = { ...createSecrets(), SITE_URL: webUrl, ANTHROPIC_API_KEY: "sk-ant-something-long-abcd" };

const failures = (variables: Record<string, string>, isCloud = false) =>
  checkVariables(variables, webUrl, isCloud).filter((check) => !check.isOk);

it("fresh secrets and a key pass, and only the end of the key is shown", () => {
  expect(failures(good)).toEqual([]);
  const shown = JSON.stringify(checkVariables(good, webUrl, false));
  expect(shown).toContain("…abcd");
  for (const secret of [good.ANTHROPIC_API_KEY, good.JWT_PRIVATE_KEY, good.GATEWAY_ENCRYPTION_KEY]) {
    expect(shown).not.toContain(secret);
  }
});

it("every missing variable is named with a command", () => {
  const missing = failures({});
  for (const name of ["ANTHROPIC_API_KEY", "JWT_PRIVATE_KEY", "JWKS", "SITE_URL", "GATEWAY_ENCRYPTION_KEY"]) {
    expect(missing.find((check) => check.title.startsWith(name))?.fix).toMatch(/^np[mx] /);
  }
});

it("a real key that goes to a local server is told from a simulated one", () => {
  const [check] = failures({ ...good, ANTHROPIC_BASE_URL: "http://127.0.0.1:3212" });
  expect(check?.fix).toBe("npx convex env remove ANTHROPIC_BASE_URL");
  expect(
    failures({ ...good, ANTHROPIC_API_KEY: "simulated", ANTHROPIC_BASE_URL: "http://127.0.0.1:3212" }),
  ).toEqual([]);
  expect(failures({ ...good, ANTHROPIC_API_KEY: "simulated" })).toHaveLength(1);
});

it("a Claude on this computer is out of reach for a deployment in the cloud", () => {
  const local = { ...good, ANTHROPIC_BASE_URL: "http://localhost:8080" };
  expect(failures(local, true)[0]?.title).toContain("cannot reach");
});

it("the private key on one line signs what the public key of JWKS verifies", () => {
  const pem = good.JWT_PRIVATE_KEY.replace(/ (?!PRIVATE|KEY)/g, "\n");
  const signature = createSign("RSA-SHA256").update("text").sign(pem);
  const jwk = JSON.parse(good.JWKS).keys[0];
  const publicKey = createPublicKey({ key: jwk, format: "jwk" });
  expect(createVerify("RSA-SHA256").update("text").verify(publicKey, signature)).toBe(true);
});

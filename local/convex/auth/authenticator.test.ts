import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuthProvider } from "../host/types.ts";
import { Authenticator } from "./authenticator.ts";

const ADMIN_KEY = "local|0123";
const ISSUER = "https://issuer.test";

interface Signer {
  jwk: Record<string, unknown>;
  sign(claims: Record<string, unknown>, options?: { expiresIn?: string; issuer?: string }): Promise<string>;
}

async function makeSigner(algorithm: "ES256" | "RS256", kid: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm);
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: "sig" },
    sign: (claims, { expiresIn = "1h", issuer = ISSUER } = {}) =>
      new SignJWT({ sub: "ada", aud: "app", ...claims })
        .setProtectedHeader({ alg: algorithm, kid, typ: "JWT" })
        .setIssuer(issuer)
        .setExpirationTime(expiresIn)
        .sign(privateKey),
  };
}

function dataUri(...keys: unknown[]): string {
  return `data:application/json;base64,${Buffer.from(JSON.stringify({ keys })).toString("base64")}`;
}

function authenticatorFor(...providers: AuthProvider[]): Authenticator {
  return new Authenticator({ adminKey: ADMIN_KEY, providers: () => providers });
}

let ec: Signer;
let rsa: Signer;
const published: Record<string, unknown>[] = [];
let fetches = 0;
const oidc = createServer((request, response) => {
  if (request.url === "/keys") {
    fetches += 1;
    response.end(JSON.stringify({ keys: published }));
    return;
  }
  response.end(JSON.stringify({ issuer: oidcUrl(), jwks_uri: `${oidcUrl()}/keys` }));
});
function oidcUrl(): string {
  return `http://127.0.0.1:${(oidc.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  [ec, rsa] = await Promise.all([makeSigner("ES256", "ec"), makeSigner("RS256", "rsa")]);
  published.push(rsa.jwk);
  await new Promise<void>((resolve) => oidc.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  oidc.close();
});

test("a custom JWT becomes an identity with raw, flattened claims", async () => {
  const provider: AuthProvider = {
    type: "customJwt",
    issuer: ISSUER,
    jwks: dataUri(ec.jwk),
    algorithm: "ES256",
  };
  const token = await ec.sign({ email: "a@b.c", email_verified: true, org: { id: 7 } });
  expect(await authenticatorFor(provider).identify(`Bearer ${token}`)).toEqual({
    kind: "user",
    token,
    attributes: {
      tokenIdentifier: `${ISSUER}|ada`,
      issuer: ISSUER,
      subject: "ada",
      email: "a@b.c",
      email_verified: true,
      "org.id": 7,
    },
  });
});

test("an OpenID Connect token is verified through discovery and gets Convex's claim names", async () => {
  const authenticator = authenticatorFor({ domain: `${oidcUrl()}/`, applicationID: "app" });
  const token = await rsa.sign(
    { email: "a@b.c", email_verified: true, given_name: "Ada" },
    { issuer: oidcUrl() },
  );
  const { identity } = await authenticator.verifyToken(token);
  expect(identity).toMatchObject({ attributes: { emailVerified: true, givenName: "Ada", subject: "ada" } });
});

test("an unknown key id fetches the key set again, and known tokens fetch nothing", async () => {
  let now = Date.now();
  const realNow = Date.now;
  Date.now = () => now;
  try {
    const authenticator = authenticatorFor({ domain: oidcUrl(), applicationID: "app" });
    const token = await rsa.sign({}, { issuer: oidcUrl() });
    await authenticator.verifyToken(token);
    const before = fetches;
    await authenticator.verifyToken(token);
    expect(fetches).toBe(before);
    const rotated = await makeSigner("RS256", "rotated");
    published.push(rotated.jwk);
    now += 5_000;
    await authenticator.verifyToken(await rotated.sign({}, { issuer: oidcUrl() }));
    expect(fetches).toBe(before + 1);
  } finally {
    Date.now = realNow;
  }
});

test("tokens of others, expired tokens and wrong audiences are refused", async () => {
  const provider: AuthProvider = {
    type: "customJwt",
    issuer: ISSUER,
    jwks: dataUri(ec.jwk),
    algorithm: "ES256",
    applicationID: "app",
  };
  const authenticator = authenticatorFor(provider);
  const foreign = await makeSigner("ES256", "ec");
  const refused: [token: string, code: string][] = [
    [await foreign.sign({}), "InvalidAuthHeader"],
    [await rsa.sign({}), "InvalidAuthHeader"],
    [await ec.sign({}, { expiresIn: "-1m" }), "InvalidAuthHeader"],
    [await ec.sign({ aud: "other" }), "NoAuthProvider"],
    [await ec.sign({}, { issuer: "https://other.test" }), "NoAuthProvider"],
    ["sk-ant-whatever", "InvalidAuthHeader"],
  ];
  for (const [token, code] of refused) {
    await expect(authenticator.identify(`Bearer ${token}`)).rejects.toMatchObject({ code });
  }
});

test("a bearer that is no JWT is tolerated by HTTP actions without any work", () => {
  expect(authenticatorFor().identifyTolerant("Bearer ck_live_abc")).toMatchObject({ kind: "invalid" });
});

test("the admin key may carry a type prefix and the user to act as", async () => {
  const authenticator = authenticatorFor();
  const attributes = { subject: "ada", issuer: "https://x.test", name: "Ada" };
  const suffix = Buffer.from(JSON.stringify(attributes)).toString("base64");
  expect(await authenticator.identify(`Convex ${ADMIN_KEY}`)).toEqual({ kind: "admin", actingAs: null });
  expect(await authenticator.identify(`Convex dev:${ADMIN_KEY}`)).toEqual({ kind: "admin", actingAs: null });
  expect(await authenticator.identify(`Convex ${ADMIN_KEY}:${suffix}`)).toEqual({
    kind: "admin",
    actingAs: { ...attributes, tokenIdentifier: "https://x.test|ada" },
  });
  await expect(authenticator.identify("Convex local|4567")).rejects.toMatchObject({ code: "BadDeployKey" });
});

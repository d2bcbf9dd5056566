import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import type { AuthProvider, Identity } from "../host/types.ts";
import { checkAdminKey } from "./adminKey.ts";
import { AuthenticationError } from "./authenticationError.ts";
import { customJwtAttributes, oidcAttributes } from "./identityAttributes.ts";
import { type KeySet, KeySets } from "./keySets.ts";

const CLOCK_LEEWAY_SECONDS = 5;
const VERIFIED_TOKENS_KEPT = 1_000;
const JWT_SHAPE = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;

export interface VerifiedIdentity {
  identity: Identity;
  /** When the token stops being accepted (ms since the epoch); Infinity for what does not expire. */
  expiresAt: number;
}

/** Turns credentials into identities: admin keys, and JWTs of the auth providers of the active push. */
export class Authenticator {
  readonly #adminKey: string;
  readonly #providers: () => readonly AuthProvider[];
  readonly #keySets = new KeySets();
  /** Verified tokens, oldest first: one token comes with every request of its session. */
  readonly #verified = new Map<string, VerifiedIdentity>();

  constructor(options: { adminKey: string; providers: () => readonly AuthProvider[] }) {
    this.#adminKey = options.adminKey;
    this.#providers = options.providers;
  }

  /** Forgets keys and verified tokens: another push or environment may trust other ones. */
  clear(): void {
    this.#keySets.clear();
    this.#verified.clear();
  }

  /** The identity of an `Authorization` header. Throws AuthenticationError. */
  async identify(authorization: string | undefined): Promise<Identity> {
    if (authorization === undefined || authorization === "") {
      return { kind: "none" };
    }
    const [scheme, value] = splitHeader(authorization);
    if (scheme === "convex") {
      return this.verifyAdminKey(value);
    }
    if (scheme === "bearer") {
      return (await this.verifyToken(value)).identity;
    }
    throw new AuthenticationError(
      "InvalidAuthHeader",
      "Authorization must be `Convex <key>` or `Bearer <JWT>`",
    );
  }

  /**
   * The identity for an HTTP action, where bad credentials are tolerated. Synchronous unless the header holds what
   * looks like a JWT: API keys of the application itself cost nothing here.
   */
  identifyTolerant(authorization: string | undefined): Identity | Promise<Identity> {
    if (authorization === undefined || authorization === "") {
      return { kind: "none" };
    }
    const [scheme, value] = splitHeader(authorization);
    if (scheme === "bearer" && !JWT_SHAPE.test(value)) {
      return { kind: "invalid", message: NOT_A_JWT };
    }
    return this.identify(authorization).catch((error: unknown) => ({
      kind: "invalid",
      message: error instanceof Error ? error.message : String(error),
    }));
  }

  /** Throws AuthenticationError unless `key` is the admin key (with or without prefix and acting-as suffix). */
  verifyAdminKey(key: string): Identity {
    return checkAdminKey(this.#adminKey, key);
  }

  /** Verifies a JWT against the auth providers. Throws AuthenticationError. */
  async verifyToken(token: string): Promise<VerifiedIdentity> {
    const known = this.#verified.get(token);
    if (known !== undefined && known.expiresAt > Date.now()) {
      return known;
    }
    this.#verified.delete(token);
    if (!JWT_SHAPE.test(token)) {
      throw new AuthenticationError("InvalidAuthHeader", NOT_A_JWT);
    }
    try {
      const verified = await this.#verify(token);
      this.#remember(token, verified);
      return verified;
    } catch (error) {
      if (error instanceof AuthenticationError) {
        throw error;
      }
      throw new AuthenticationError(
        "InvalidAuthHeader",
        `Could not verify token: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  async #verify(token: string): Promise<VerifiedIdentity> {
    const claims = decodeJwt(token);
    const provider = this.#providers().find((candidate) => accepts(candidate, claims));
    if (provider === undefined) {
      throw new AuthenticationError(
        "NoAuthProvider",
        `No auth provider found matching the given token (issuer ${JSON.stringify(claims.iss)}, audience ` +
          `${JSON.stringify(claims.aud)}). Check auth.config.ts and push it.`,
      );
    }
    const isCustom = "type" in provider;
    if (isCustom && decodeProtectedHeader(token).kid === undefined) {
      throw new AuthenticationError("InvalidAuthHeader", "The token's header has no `kid`");
    }
    const url = isCustom ? provider.jwks : await this.#keySets.discover(withScheme(provider.domain));
    const algorithms = isCustom ? [provider.algorithm] : ["RS256", "ES256"];
    const payload = await this.#verifySignature(token, url, algorithms);
    return {
      identity: {
        kind: "user",
        attributes: isCustom ? customJwtAttributes(payload) : oidcAttributes(payload),
        token,
      },
      expiresAt: (payload.exp + CLOCK_LEEWAY_SECONDS) * 1000,
    };
  }

  async #verifySignature(token: string, url: string, algorithms: string[]) {
    const verify = async ({ keys }: KeySet) => {
      const { payload } = await jwtVerify(token, keys, {
        algorithms,
        clockTolerance: CLOCK_LEEWAY_SECONDS,
        requiredClaims: ["iss", "sub", "exp"],
      });
      const { iss = "", sub = "", exp = 0 } = payload;
      return { ...payload, iss, sub, exp };
    };
    const keySet = await this.#keySets.get(url);
    try {
      return await verify(keySet);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) {
        throw error;
      }
      return await verify(await this.#keySets.refresh(url, keySet));
    }
  }

  #remember(token: string, verified: VerifiedIdentity): void {
    this.#verified.set(token, verified);
    if (this.#verified.size > VERIFIED_TOKENS_KEPT) {
      for (const oldest of this.#verified.keys()) {
        this.#verified.delete(oldest);
        break;
      }
    }
  }
}

const NOT_A_JWT = "Could not parse the bearer value as a JWT";

function splitHeader(authorization: string): [scheme: string, value: string] {
  const space = authorization.indexOf(" ");
  return space === -1
    ? [authorization.toLowerCase(), ""]
    : [authorization.slice(0, space).toLowerCase(), authorization.slice(space + 1).trim()];
}

function accepts(provider: AuthProvider, claims: JWTPayload): boolean {
  const issuer = "type" in provider ? provider.issuer : provider.domain;
  if (claims.iss === undefined || comparableIssuer(claims.iss) !== comparableIssuer(issuer)) {
    return false;
  }
  if (provider.applicationID === undefined || provider.applicationID === null) {
    return true;
  }
  const audience = claims.aud ?? [];
  return (typeof audience === "string" ? [audience] : audience).includes(provider.applicationID);
}

function comparableIssuer(issuer: string): string {
  return withScheme(issuer).replace(/\/$/, "");
}

function withScheme(issuer: string): string {
  return /^https?:\/\//.test(issuer) ? issuer : `https://${issuer}`;
}

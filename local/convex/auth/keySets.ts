import { createLocalJWKSet, type JSONWebKeySet } from "jose";
import { z } from "zod";
import { AuthenticationError } from "./authenticationError.ts";

/** An unknown key id refetches the key set, but not more often than this. */
const REFETCH_AFTER_MS = 2_000;
const FETCH_TIMEOUT_MS = 10_000;

export interface KeySet {
  keys: ReturnType<typeof createLocalJWKSet>;
  fetchedAt: number;
}

const jwksSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });
const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.string() });

/**
 * Key sets of the auth providers, fetched once and shared. The issuer may be this very deployment (Convex Auth):
 * then the fetch is an ordinary request to our own HTTP actions, which carries no token and so never waits for us.
 */
export class KeySets {
  readonly #cache = new Map<string, Promise<KeySet>>();
  readonly #discovered = new Map<string, Promise<string>>();

  /** The key set at `url` (http(s) or data:). */
  async get(url: string): Promise<KeySet> {
    return await (this.#cache.get(url) ?? this.#fetch(url));
  }

  /** A newer key set than `stale`, which lacked a key; `stale` itself when it was fetched a moment ago. */
  async refresh(url: string, stale: KeySet): Promise<KeySet> {
    const current = await this.get(url);
    const isNew = Date.now() - current.fetchedAt < REFETCH_AFTER_MS;
    return current !== stale || isNew ? current : await this.#fetch(url);
  }

  #fetch(url: string): Promise<KeySet> {
    const fetching = fetchKeySet(url);
    this.#cache.set(url, fetching);
    fetching.catch(() => {
      if (this.#cache.get(url) === fetching) {
        this.#cache.delete(url);
      }
    });
    return fetching;
  }

  /** The `jwks_uri` of an OIDC provider's discovery document. */
  async discover(domain: string): Promise<string> {
    const cached = this.#discovered.get(domain) ?? discover(domain);
    this.#discovered.set(domain, cached);
    try {
      return await cached;
    } catch (error) {
      this.#discovered.delete(domain);
      throw error;
    }
  }

  clear(): void {
    this.#cache.clear();
    this.#discovered.clear();
  }
}

async function fetchKeySet(url: string): Promise<KeySet> {
  const jwks = jwksSchema.parse(await fetchJson(url));
  return { keys: createLocalJWKSet(jwks as JSONWebKeySet), fetchedAt: Date.now() };
}

async function discover(domain: string): Promise<string> {
  const url = `${domain.replace(/\/$/, "")}/.well-known/openid-configuration`;
  return discoverySchema.parse(await fetchJson(url)).jwks_uri;
}

async function fetchJson(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!response.ok) {
      throw new Error(`status ${response.status}`);
    }
    return await response.json();
  } catch (error) {
    const shown = url.startsWith("data:") ? "the data: URI of the key set" : url;
    throw new AuthenticationError(
      "AuthProviderDiscoveryFailed",
      `Auth provider discovery of ${shown} failed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

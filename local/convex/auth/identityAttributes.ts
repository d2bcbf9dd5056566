import type { JWTPayload } from "jose";
import { z } from "zod";
import type { ConvexObjectIdentity } from "../host/types.ts";
import type { ConvexJson } from "../store/types.ts";

/** Claims about the token rather than the user; `fva` is an array that Convex drops. */
const TOKEN_CLAIMS = new Set(["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "fva"]);

/** OpenID Connect's standard claims under the names of Convex's UserIdentity. */
const STANDARD_CLAIMS: ReadonlyMap<string, string> = new Map([
  ["name", "name"],
  ["given_name", "givenName"],
  ["family_name", "familyName"],
  ["nickname", "nickname"],
  ["preferred_username", "preferredUsername"],
  ["profile", "profileUrl"],
  ["picture", "pictureUrl"],
  ["website", "websiteUrl"],
  ["email", "email"],
  ["email_verified", "emailVerified"],
  ["gender", "gender"],
  ["birthdate", "birthday"],
  ["zoneinfo", "timezone"],
  ["locale", "language"],
  ["phone_number", "phoneNumber"],
  ["phone_number_verified", "phoneNumberVerified"],
]);

const claimSchema: z.ZodType<ConvexJson> = z.json();

/** The identity object of a verified OpenID Connect token. */
export function oidcAttributes(payload: JWTPayload & { iss: string; sub: string }): ConvexObjectIdentity {
  const attributes = emptyAttributes(payload.iss, payload.sub);
  for (const [claim, value] of Object.entries(payload)) {
    if (TOKEN_CLAIMS.has(claim)) {
      continue;
    }
    if (claim === "updated_at") {
      attributes.updatedAt = typeof value === "number" ? new Date(value * 1000).toISOString() : String(value);
    } else if (claim === "address") {
      attributes.address = addressText(value);
    } else {
      attributes[STANDARD_CLAIMS.get(claim) ?? claim] = claimSchema.parse(value);
    }
  }
  return attributes;
}

/** The identity object of a `customJwt` token: every claim under its own name, nested objects flattened as `a.b`. */
export function customJwtAttributes(
  payload: JWTPayload & { iss: string; sub: string },
): ConvexObjectIdentity {
  const attributes = emptyAttributes(payload.iss, payload.sub);
  for (const [claim, value] of Object.entries(payload)) {
    if (!TOKEN_CLAIMS.has(claim)) {
      flattenInto(attributes, claim, claimSchema.parse(value));
    }
  }
  return attributes;
}

function emptyAttributes(issuer: string, subject: string): ConvexObjectIdentity {
  return { tokenIdentifier: `${issuer}|${subject}`, issuer, subject };
}

function flattenInto(attributes: ConvexObjectIdentity, name: string, value: ConvexJson): void {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    attributes[name] = value;
    return;
  }
  for (const [key, nested] of Object.entries(value)) {
    flattenInto(attributes, `${name}.${key}`, nested);
  }
}

function addressText(value: unknown): string {
  const parsed = z.object({ formatted: z.string() }).safeParse(value);
  return parsed.success ? parsed.data.formatted : String(value);
}

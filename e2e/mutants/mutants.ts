/** What must notice a mutant: a file of vitest's (the tests whose names match, or all), or the linter. */
export type Guard = { test: string; named?: string; isFull?: boolean } | { lint: string };

/** A bug as a replacement of a text that occurs once in a file. */
export interface Mutant {
  bug: string;
  file: string;
  text: string;
  replacement: string;
  guard: Guard;
}

const LEDGER_HISTORIES: Guard = { test: "convex/ledgerHistories.test.ts" };
const CHARGES: Guard = { test: "convex/model/chargeMeters.test.ts" };
const USAGE: Guard = { test: "convex/model/usageMeter.test.ts" };
const MALFORMED: Guard = { test: "e2e/http/malformed.test.ts" };
const OPERATORS_KEY: Guard = { test: "e2e/http/routes.test.ts", named: "the operator's key" };
const MESSAGES: Guard = { test: "e2e/http/messages.test.ts" };

const MONEY: Mutant[] = [
  {
    bug: "a stream is never settled",
    file: "convex/gateway/pumpStream.ts",
    text: "await pump.settle(streamOutcome(upstream, { call, meter, ending }))",
    replacement: "null",
    guard: MESSAGES,
  },
  {
    bug: "a request is settled twice",
    file: "convex/settlement.ts",
    text: 'if (row.status !== "running") {',
    replacement: 'if (row.status === "refused") {',
    guard: LEDGER_HISTORIES,
  },
  {
    bug: "a reservation is given back twice",
    file: "convex/model/meter.ts",
    text: "reservedNanoUsd - hold.nanoUsd",
    replacement: "reservedNanoUsd - 2 * hold.nanoUsd",
    guard: CHARGES,
  },
  {
    bug: "nothing is reserved",
    file: "convex/model/chargeMeters.ts",
    text: "loan.first[window].reservedNanoUsd += worstCaseNanoUsd",
    replacement: "loan.first[window].reservedNanoUsd += 0",
    guard: CHARGES,
  },
  {
    bug: "a month's budget starts again every day",
    file: "convex/model/windows.ts",
    text: "return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);",
    replacement: "return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());",
    guard: CHARGES,
  },
  {
    bug: "writes to the 1h cache cost what the 5m cache costs",
    file: "convex/model/anthropicUsage.ts",
    text: "const creation1h = count(split.ephemeral_1h_input_tokens);",
    replacement: "const creation1h = 0;",
    guard: USAGE,
  },
  {
    bug: "an aborted stream is billed at message_start's placeholder",
    file: "convex/model/usageMeter.ts",
    text: "if (this.hasFinalUsage) {",
    replacement: "if (this.usage) {",
    guard: USAGE,
  },
  {
    bug: "usage is read from message_start alone",
    file: "convex/model/usageMeter.ts",
    text: "this.usage = overlayUsage(this.usage ?? {}, objectOf(body.usage));",
    replacement: "this.usage ??= objectOf(body.usage);",
    guard: USAGE,
  },
  {
    bug: "a model without a price is free",
    file: "convex/admission.ts",
    text: 'return { reason: "unpricedModel", model };',
    replacement: "continue;",
    guard: { test: "e2e/http/malformed.test.ts", named: "model without a price" },
  },
  {
    bug: "nothing is reserved for advisors",
    file: "convex/admission.ts",
    text: "worstCase += advisorWorstCaseNanoUsd(demand, advisor, price)",
    replacement: "worstCase += 0",
    guard: { test: "e2e/http/limits.test.ts", named: "what an advisor may cost" },
  },
];

const LIMITS: Mutant[] = [
  {
    bug: "a slot is taken without a look whether it is free",
    file: "convex/slots.ts",
    text: "if (holder === null) return slot;",
    replacement: "return slot;",
    guard: LEDGER_HISTORIES,
  },
  {
    bug: "a revoked key goes on working",
    file: "convex/admission.ts",
    text: "if (key.revokedAt !== undefined) {",
    replacement: "if (key.revokedAt === 0) {",
    guard: { test: "e2e/http/gatewayLimits.test.ts", named: "a key revoked while 50" },
  },
  {
    bug: "a long request's lease is not renewed",
    file: "convex/gateway/Call.ts",
    text: "await ctx.runMutation(internal.requests.renewLease, { rowId });",
    replacement: "",
    guard: { test: "e2e/http/long.test.ts", named: "renews its lease", isFull: true },
  },
  {
    bug: "a client that leaves does not abort Claude",
    file: "convex/gateway/Call.ts",
    text: 'signal.addEventListener("abort", this);',
    replacement: "",
    guard: { test: "e2e/http/disconnect.test.ts", named: "between deltas" },
  },
  {
    bug: "an answer that broke off is asked for again",
    file: "convex/gateway/relay.ts",
    text: "return await wholeAnswer(call, upstream, output.dialect);",
    replacement:
      "return await wholeAnswer(call, upstream, output.dialect).catch(async () => await wholeAnswer(call, await callClaude(call, request), output.dialect));",
    guard: { test: "e2e/http/retry.test.ts", named: "after the first byte" },
  },
];

const SECURITY: Mutant[] = [
  {
    bug: "another key's file or batch is found",
    file: "convex/upstreamObjects.ts",
    text: `.withIndex("by_owner_and_objectId", (q) =>
      q.eq("memberId", memberId).eq("apiKeyId", apiKeyId).eq("objectId", objectId),
    )
    .unique();`,
    replacement: '.withIndex("by_objectId", (q) => q.eq("objectId", objectId)).first();',
    guard: { test: "e2e/http/isolation.test.ts", named: "answers 404 to every other key" },
  },
  {
    bug: "a body may name another key's file",
    file: "convex/admission.ts",
    text: "if (foreignId !== null) {",
    replacement: 'if (foreignId === "") {',
    guard: { test: "e2e/http/malformed.test.ts", named: "another caller's file" },
  },
  {
    bug: "anybody's request can be stopped",
    file: "convex/requests.ts",
    text: "if (row?.memberId !== owner.memberId || (owner.apiKeyId && row.apiKeyId !== owner.apiKeyId)) {",
    replacement: "if (!row) {",
    guard: { test: "e2e/http/limits.test.ts", named: "ends a running stream" },
  },
  {
    bug: "roles are not looked at",
    file: "convex/members.ts",
    text: "if (!hasRole(member.role, minimumRole)) {",
    replacement: 'if (!hasRole(member.role, "viewer")) {',
    guard: { test: "convex/authorization.test.ts" },
  },
  {
    bug: "secrets are compared with ===",
    file: "convex/model/hmac.ts",
    text: "(await isSignedByAny([key], encoder.encode(secret), [signature]))",
    replacement: "secret === given",
    guard: { lint: "convex/model/hmac.ts" },
  },
  {
    bug: "an old webhook is accepted again",
    file: "convex/model/senderScheme.ts",
    text: "return awaySeconds <= TOLERANCE_SECONDS",
    replacement: "return awaySeconds >= 0",
    guard: { test: "convex/model/senderScheme.test.ts" },
  },
  {
    bug: "x-forwarded-host says where Claude is",
    file: "convex/gateway/upstream.ts",
    text: "return await fetch(baseUrl + pathAndQuery,",
    replacement:
      'const host = init.headers["x-forwarded-host"];\n  return await fetch((host ? "http://" + host : baseUrl) + pathAndQuery,',
    guard: OPERATORS_KEY,
  },
  {
    bug: "redirects are followed",
    file: "convex/gateway/upstream.ts",
    text: 'redirect: "manual"',
    replacement: 'redirect: "follow"',
    guard: OPERATORS_KEY,
  },
  {
    bug: "the caller's credential goes on to Claude",
    file: "convex/gateway/upstream.ts",
    text: '  "authorization",\n',
    replacement: "",
    guard: MESSAGES,
  },
  {
    bug: "the operator's key is in a log line",
    file: "convex/gateway/upstream.ts",
    text: "  return await fetch(baseUrl",
    replacement: '  console.info("to Claude", headers);\n  return await fetch(baseUrl',
    guard: { test: "e2e/http/secrets.test.ts" },
  },
  {
    bug: "a key in the URL is accepted",
    file: "convex/gateway/credentials.ts",
    text: "refuseKeyInUrl(request.url);",
    replacement: "",
    guard: MALFORMED,
  },
  {
    bug: "of two credentials that differ one is taken",
    file: "convex/gateway/credentials.ts",
    text: "bearer !== apiKey)",
    replacement: "bearer === apiKey)",
    guard: MALFORMED,
  },
  {
    bug: "every origin may read answers",
    file: "convex/gateway/cors.ts",
    text: "return origin !== null && origin === webOrigin();",
    replacement: "return origin !== null;",
    guard: { test: "e2e/http/cors.test.ts" },
  },
];

export const MUTANTS: readonly Mutant[] = [...MONEY, ...LIMITS, ...SECURITY];

export type SenderScheme = "standard" | "github" | "stripe" | "slack" | "bearer";

export const SCHEMES: { value: SenderScheme; label: string; hint: string }[] = [
  { value: "standard", label: "Standard Webhooks", hint: "Svix and every library of standardwebhooks.com." },
  {
    value: "github",
    label: "GitHub",
    hint: "Paste the URL and the secret into the repository’s webhook settings.",
  },
  { value: "stripe", label: "Stripe", hint: "Paste Stripe’s own signing secret (whsec_…) below." },
  {
    value: "slack",
    label: "Slack",
    hint: "Paste the app’s signing secret below; the URL check is answered.",
  },
  {
    value: "bearer",
    label: "Bearer token",
    hint: "For senders that cannot sign. The token travels with each event.",
  },
];

/** Whether the sender chooses the secret, so that it must be pasted. */
export function needsOwnSecret(scheme: SenderScheme): boolean {
  return scheme === "stripe" || scheme === "slack";
}

const BODY = '{"text":"Hello"}';

/** Lines for a terminal that send one signed event. */
export function curlLines(scheme: SenderScheme, url: string, secret: string): string {
  const send = (...headers: string[]) =>
    [
      `curl ${url} -d "$body"`,
      '-H "content-type: application/json"',
      ...headers.map((each) => `-H "${each}"`),
    ].join(" \\\n  ");
  const start = [`secret='${secret}'`, `body='${BODY}'`];
  switch (scheme) {
    case "standard":
      return [
        ...start,
        'id="msg_$(date +%s)$$"; at=$(date +%s)',
        'key=$(printf %s "$secret" | cut -c7- | base64 -d | od -An -v -tx1 | tr -d " \\n")',
        'signature=$(printf %s "$id.$at.$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)',
        send("webhook-id: $id", "webhook-timestamp: $at", "webhook-signature: v1,$signature"),
      ].join("\n");
    case "github":
      return [
        ...start,
        hexHmac("$body"),
        send("X-GitHub-Event: ping", "X-Hub-Signature-256: sha256=$signature"),
      ].join("\n");
    case "stripe":
      return [
        ...start,
        "at=$(date +%s)",
        hexHmac("$at.$body"),
        send("Stripe-Signature: t=$at,v1=$signature"),
      ].join("\n");
    case "slack":
      return [
        ...start,
        "at=$(date +%s)",
        hexHmac("v0:$at:$body"),
        send("X-Slack-Request-Timestamp: $at", "X-Slack-Signature: v0=$signature"),
      ].join("\n");
    case "bearer":
      return [...start, send("Authorization: Bearer $secret")].join("\n");
  }
}

function hexHmac(content: string): string {
  return `signature=$(printf %s "${content}" | openssl dgst -sha256 -hmac "$secret" | sed 's/^.* //')`;
}

/** The same in Node, without a package. */
export function nodeLines(scheme: SenderScheme, url: string, secret: string): string {
  const headers: Record<SenderScheme, string[]> = {
    standard: [
      '"webhook-id": id, "webhook-timestamp": at,',
      '"webhook-signature": "v1," + sign(Buffer.from(secret.slice(6), "base64"), id + "." + at + "." + body, "base64"),',
    ],
    github: ['"x-github-event": "ping", "x-hub-signature-256": "sha256=" + sign(secret, body, "hex"),'],
    stripe: ['"stripe-signature": "t=" + at + ",v1=" + sign(secret, at + "." + body, "hex"),'],
    slack: [
      '"x-slack-request-timestamp": at,',
      '"x-slack-signature": "v0=" + sign(secret, "v0:" + at + ":" + body, "hex"),',
    ],
    bearer: ['authorization: "Bearer " + secret,'],
  };
  return [
    'import { createHmac, randomUUID } from "node:crypto";',
    "",
    `const secret = ${JSON.stringify(secret)};`,
    `const body = JSON.stringify(${BODY});`,
    "const id = randomUUID();",
    "const at = String(Math.floor(Date.now() / 1000));",
    'const sign = (key, text, form) => createHmac("sha256", key).update(text).digest(form);',
    `const response = await fetch(${JSON.stringify(url)}, {`,
    '  method: "POST",',
    "  body,",
    '  headers: {\n    "content-type": "application/json",',
    ...headers[scheme].map((line) => `    ${line}`),
    "  },",
    "});",
    "console.log(response.status, await response.json());",
  ].join("\n");
}

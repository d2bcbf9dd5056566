import { createHmac, randomBytes } from "node:crypto";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, it } from "vitest";
import { openSecret, sealSecret } from "./sealedSecret";
import { dedupeKey, type SenderScheme, verifySender } from "./senderScheme";
import { newStandardSecret, standardHeaders } from "./standardWebhooks";

const NOW = Date.now();
const bytes = (text: string) => new TextEncoder().encode(text);
const hex = (secret: string, content: string) => createHmac("sha256", secret).update(content).digest("hex");

interface Sent {
  scheme: SenderScheme;
  headers: Record<string, string>;
  body: string;
  secrets: string[];
  now?: number;
}

async function isAccepted({ scheme, headers, body, secrets, now = NOW }: Sent): Promise<boolean> {
  return (await verifySender(scheme, { headers: new Headers(headers), body: bytes(body), now }, secrets)).ok;
}

/** A request of each scheme as its sender makes it, at a time that may be off. */
const SENDERS: Record<SenderScheme, (body: string, secret: string, at: number) => Record<string, string>> = {
  standard: (body, secret, at) => ({
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(at / 1_000)),
    "webhook-signature": new Webhook(secret).sign("msg_1", new Date(at), body),
  }),
  github: (body, secret) => ({ "x-hub-signature-256": `sha256=${hex(secret, body)}` }),
  stripe: (body, secret, at) => {
    const seconds = Math.floor(at / 1_000);
    return {
      "stripe-signature": `t=${seconds},v1=${hex(secret, `${seconds}.${body}`)},v0=${"0".repeat(64)}`,
    };
  },
  slack: (body, secret, at) => {
    const seconds = Math.floor(at / 1_000);
    return {
      "x-slack-request-timestamp": String(seconds),
      "x-slack-signature": `v0=${hex(secret, `v0:${seconds}:${body}`)}`,
    };
  },
  bearer: (_body, secret) => ({ authorization: `Bearer ${secret}` }),
};
const SCHEMES = ["standard", "github", "stripe", "slack", "bearer"] as const;
const SIGNING = ["standard", "github", "stripe", "slack"] as const;
const TIMED = ["standard", "stripe", "slack"] as const;

describe.each(SCHEMES)("a %s sender", (scheme) => {
  const secret = newStandardSecret();
  const body = '{"a": 1}';
  const send = (secretOfSender: string, at = NOW) => SENDERS[scheme](body, secretOfSender, at);

  it("is accepted with either secret during a rotation, and refused with any other", async () => {
    const old = newStandardSecret();
    expect(await isAccepted({ scheme, headers: send(secret), body, secrets: [secret] })).toBe(true);
    expect(await isAccepted({ scheme, headers: send(old), body, secrets: [secret, old] })).toBe(true);
    expect(
      await isAccepted({ scheme, headers: send(newStandardSecret()), body, secrets: [secret, old] }),
    ).toBe(false);
    expect(await isAccepted({ scheme, headers: send(secret), body, secrets: [] })).toBe(false);
  });

  it("is refused without its headers", async () => {
    for (const name of Object.keys(send(secret))) {
      const { [name]: _, ...headers } = send(secret);
      expect(await isAccepted({ scheme, headers, body, secrets: [secret] })).toBe(false);
    }
  });
});

describe.each(SIGNING)("a %s signature", (scheme) => {
  const secret = newStandardSecret();

  it("holds for the exact bytes only, not for the same JSON written again", async () => {
    const body = '{"b": 1.0, "a": "ü"}';
    const headers = SENDERS[scheme](body, secret, NOW);
    expect(await isAccepted({ scheme, headers, body, secrets: [secret] })).toBe(true);
    expect(
      await isAccepted({ scheme, headers, body: JSON.stringify(JSON.parse(body)), secrets: [secret] }),
    ).toBe(false);
    expect(await isAccepted({ scheme, headers, body: `${body}\n`, secrets: [secret] })).toBe(false);
  });

  it("is refused when any character of it, or of the body, is another", async () => {
    const body = "some body";
    const headers = SENDERS[scheme](body, secret, NOW);
    const [name = ""] = Object.keys(headers).filter((header) => header.includes("signature"));
    const value = headers[name] ?? "";
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: value.length - 1 }),
        fc.constantFrom("0", "a", "Z", ","),
        async (at, other) => {
          fc.pre(value[at] !== other && !(scheme === "stripe" && at >= value.indexOf(",v0=")));
          const forged = value.slice(0, at) + other + value.slice(at + 1);
          expect(
            await isAccepted({ scheme, headers: { ...headers, [name]: forged }, body, secrets: [secret] }),
          ).toBe(false);
        },
      ),
    );
  });
});

describe.each(TIMED)("a %s timestamp", (scheme) => {
  it("is accepted up to 300 s in the past and the future, and refused at 301 s", async () => {
    const secret = newStandardSecret();
    const now = Math.floor(NOW / 1_000) * 1_000;
    for (const [seconds, isFresh] of [
      [-301, false],
      [-300, true],
      [0, true],
      [300, true],
      [301, false],
    ] as const) {
      const headers = SENDERS[scheme]("{}", secret, now + seconds * 1_000);
      expect(await isAccepted({ scheme, headers, body: "{}", secrets: [secret], now })).toBe(isFresh);
    }
  });
});

describe("published examples", () => {
  it("GitHub's verifies", async () => {
    const headers = {
      "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    };
    const sent = { scheme: "github" as const, headers, body: "Hello, World!" };
    expect(await isAccepted({ ...sent, secrets: ["It's a Secret to Everybody"] })).toBe(true);
  });

  it("Slack's verifies", async () => {
    const body =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const headers = {
      "x-slack-request-timestamp": "1531420618",
      "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    };
    const secrets = [["8f742231b10e", "8888abcd99yyyzzz85a5"].join("")];
    expect(await isAccepted({ scheme: "slack", headers, body, secrets, now: 1_531_420_618_000 })).toBe(true);
  });

  it("Standard Webhooks' verifies", async () => {
    const headers = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    const secrets = [["whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"].join("")];
    const sent = { scheme: "standard" as const, headers, body: '{"test": 2432232314}', secrets };
    expect(await isAccepted({ ...sent, now: 1_614_265_330_000 })).toBe(true);
  });
});

describe("Standard Webhooks", () => {
  const secret = newStandardSecret();

  it("takes one good signature among others, and refuses a list without a v1", async () => {
    const headers = SENDERS.standard("{}", secret, NOW);
    const good = headers["webhook-signature"] ?? "";
    const listed = (signature: string) =>
      isAccepted({
        scheme: "standard",
        headers: { ...headers, "webhook-signature": signature },
        body: "{}",
        secrets: [secret],
      });
    expect(await listed(`v1a,abcd v1,${randomBytes(32).toString("base64")} ${good}`)).toBe(true);
    for (const signature of [
      "",
      "v1,",
      "v1",
      good.slice(3),
      good.replace("v1,", "v2,"),
      `v1a,${good.slice(3)}`,
      "v1,=",
    ]) {
      expect(await listed(signature)).toBe(false);
    }
  });

  it("cannot be shifted between id, timestamp and body", async () => {
    const at = Math.floor(NOW / 1_000);
    const headers = await standardHeaders({ messageId: "a.b", sentAtSeconds: at, body: bytes("1.x") }, [
      secret,
    ]);
    const shifted = { ...headers, "webhook-id": "a" };
    expect(await isAccepted({ scheme: "standard", headers, body: "1.x", secrets: [secret] })).toBe(true);
    expect(await isAccepted({ scheme: "standard", headers: shifted, body: "1.x", secrets: [secret] })).toBe(
      false,
    );
  });

  it("of ours verifies in the reference library and in Svix, with both secrets of a rotation", async () => {
    const other = newStandardSecret();
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        const body = JSON.stringify({ text });
        const message = {
          messageId: "msg_x",
          sentAtSeconds: Math.floor(Date.now() / 1_000),
          body: bytes(body),
        };
        const headers = await standardHeaders(message, [secret, other]);
        for (const each of [secret, other]) {
          expect(new Webhook(each).verify(body, headers)).toEqual({ text });
          expect(new SvixWebhook(each).verify(body, headers)).toEqual({ text });
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("a repeat", () => {
  const event = { headers: new Headers(), body: bytes("{}"), now: NOW };
  it("is told by what the signature covers, never by a header that anybody could change", async () => {
    const ids = { signedId: null, payloadId: "evt_1" };
    const github = await dedupeKey("github", event, ids);
    const changed = { ...event, headers: new Headers({ "x-github-delivery": "another" }) };
    expect(await dedupeKey("github", changed, ids)).toBe(github);
    expect(await dedupeKey("stripe", { ...event, body: bytes("{ }") }, ids)).toBe(
      await dedupeKey("stripe", event, ids),
    );
    expect(await dedupeKey("standard", event, { signedId: "a", payloadId: "evt_1" })).not.toBe(
      await dedupeKey("standard", event, { signedId: "b", payloadId: "evt_1" }),
    );
    expect(await dedupeKey("bearer", event, ids)).toBeNull();
  });
});

describe("a stored secret", () => {
  const key = randomBytes(32).toString("base64");
  it("opens with its key and for its purpose only, and two copies differ", async () => {
    const sealed = await sealSecret("whsec_x", "webhook", key);
    expect(sealed).not.toContain("whsec");
    expect(await openSecret(sealed, "webhook", key)).toBe("whsec_x");
    expect(await sealSecret("whsec_x", "webhook", key)).not.toBe(sealed);
    await expect(openSecret(sealed, "destination", key)).rejects.toThrow("GATEWAY_ENCRYPTION_KEY");
    await expect(openSecret(sealed, "webhook", randomBytes(32).toString("base64"))).rejects.toThrow(
      "another one",
    );
    await expect(sealSecret("x", "webhook", "short")).rejects.toThrow("32 bytes");
  });
});

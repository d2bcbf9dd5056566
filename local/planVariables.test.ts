import { describe, expect, it } from "vitest";
import { fingerprint, lastFour, planVariables, type VariableInput } from "./planVariables.ts";

const secrets = { JWT_PRIVATE_KEY: "private", JWKS: "public", GATEWAY_ENCRYPTION_KEY: "encryption" };
const claudeUrl = "http://127.0.0.1:3212";
const webUrl = "http://localhost:3000";
const realKey = "sk-ant-a-real-key-1234";

function plan(input: Partial<VariableInput>) {
  return planVariables({
    current: {},
    found: {},
    managed: {},
    webUrl,
    claudeUrl,
    createSecrets: () => secrets,
    ...input,
  });
}

/** A deployment as the first start left it. */
function afterFirstStart() {
  const { changes, managed } = plan({});
  const current: Record<string, string> = {};
  for (const [name, value] of Object.entries(changes)) if (value !== null) current[name] = value;
  return { current, managed };
}

describe("the embedded deployment's variables", () => {
  it("are all set on the first start, with the simulated Claude, and left alone on the second", () => {
    const first = plan({});
    const expected = {
      SITE_URL: webUrl,
      ALLOW_LOOPBACK_CALLBACKS: "1",
      GATEWAY_CONCURRENT_REQUESTS: "504",
      ANTHROPIC_API_KEY: "simulated",
      ANTHROPIC_BASE_URL: claudeUrl,
      ...secrets,
    };
    expect([first.changes, first.isSimulated]).toEqual([expected, true]);
    const second = plan(afterFirstStart());
    expect([second.changes, second.notes, second.isSimulated]).toEqual([{}, [], true]);
  });

  it("follow a change of ports, but not where the user set a value", () => {
    const moved = { webUrl: "http://localhost:4000", claudeUrl: "http://127.0.0.1:4212" };
    const { current, managed } = afterFirstStart();
    expect(plan({ current, managed, ...moved }).changes).toEqual({
      SITE_URL: "http://localhost:4000",
      ANTHROPIC_BASE_URL: "http://127.0.0.1:4212",
    });
    const mine = {
      ...current,
      SITE_URL: "https://chat.example.com",
      ANTHROPIC_BASE_URL: "http://127.0.0.1:11434",
    };
    const kept = plan({ current: mine, managed, ...moved });
    expect([kept.changes, kept.isSimulated]).toEqual([{}, false]);
  });

  it("take a real key of the shell, and stop pointing to the simulated Claude", () => {
    const { changes, notes, isSimulated } = plan({
      ...afterFirstStart(),
      found: { ANTHROPIC_API_KEY: realKey },
    });
    expect(changes).toEqual({ ANTHROPIC_API_KEY: realKey, ANTHROPIC_BASE_URL: null });
    expect(isSimulated).toBe(false);
    expect(notes.join()).toContain("…1234");
    expect(notes.join()).not.toContain(realKey);
  });

  it("take a rotated key from where the first one was found", () => {
    const current = { ...afterFirstStart().current, ANTHROPIC_API_KEY: realKey };
    const managed = { ANTHROPIC_API_KEY: fingerprint(realKey) };
    expect(
      plan({ current, managed, found: { ANTHROPIC_API_KEY: "sk-ant-new-key-5678" } }).changes,
    ).toMatchObject({
      ANTHROPIC_API_KEY: "sk-ant-new-key-5678",
    });
  });

  it("keep a key that was set with the command line, and say that the shell's is not used", () => {
    const { current, managed } = afterFirstStart();
    delete current.ANTHROPIC_BASE_URL;
    const mine = { ...current, ANTHROPIC_API_KEY: "sk-ant-set-by-hand-9999" };
    const kept = plan({ current: mine, managed, found: { ANTHROPIC_API_KEY: realKey } });
    expect(kept.changes).toEqual({});
    expect(kept.notes.join()).toMatch(/…9999.*…1234/);
    expect(plan({ current: mine, managed })).toMatchObject({ changes: {}, notes: [], isSimulated: false });
  });

  it("with a real key and the simulated Claude's URL left behind, name the command that removes it", () => {
    const { current, managed } = afterFirstStart();
    const left = plan({ current: { ...current, ANTHROPIC_API_KEY: realKey }, managed });
    expect(left.isSimulated).toBe(true);
    expect(left.notes.join()).toContain("npx convex env remove ANTHROPIC_BASE_URL");
  });

  it("take a base URL of the shell", () => {
    const found = { ANTHROPIC_API_KEY: realKey, ANTHROPIC_BASE_URL: "http://127.0.0.1:8080" };
    expect(plan({ ...afterFirstStart(), found })).toMatchObject({ changes: found, isSimulated: false });
  });
});

it("a short secret shows nothing of itself", () => {
  expect([lastFour("12345678"), lastFour(realKey)]).toEqual(["…", "…1234"]);
});

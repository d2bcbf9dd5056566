import { createHash } from "node:crypto";
import { embeddedConcurrency } from "./embeddedConcurrency.ts";
import type { Variables } from "./envFile.ts";

export interface VariableInput {
  /** What the deployment has now. */
  readonly current: Variables;
  /** `ANTHROPIC_*` of the shell or `.env.local`. */
  readonly found: Variables;
  /** Fingerprints of the values that an earlier start set: these may be replaced, others belong to the user. */
  readonly managed: Variables;
  readonly webUrl: string;
  readonly claudeUrl: string;
  /** Makes `JWT_PRIVATE_KEY`, `JWKS` and `GATEWAY_ENCRYPTION_KEY`; called only when one is missing. */
  readonly createSecrets: () => Variables;
}

export interface VariablePlan {
  /** A null value removes the variable. */
  readonly changes: Readonly<Record<string, string | null>>;
  readonly managed: Variables;
  /** Sentences for the terminal. */
  readonly notes: readonly string[];
  /** Whether requests will go to the simulated Claude. */
  readonly isSimulated: boolean;
}

export const simulatedKey = "simulated";

/** A short digest by which a value is recognised without keeping it. */
export function fingerprint(value: string): string {
  return createHash("sha256").update(value).digest("hex").slice(0, 16);
}

/** The end of a secret, all that is ever printed of it. */
export function lastFour(secret: string): string {
  return secret.length > 12 ? `…${secret.slice(-4)}` : "…";
}

/** Decides the variables of the embedded deployment: what is missing is set, what the user set stays. */
export function planVariables(input: VariableInput): VariablePlan {
  const plan = new Plan(input.current, input.managed);
  if (plan.isReplaceable("SITE_URL")) plan.set("SITE_URL", input.webUrl);
  if (plan.isReplaceable("GATEWAY_CONCURRENT_REQUESTS")) {
    plan.set("GATEWAY_CONCURRENT_REQUESTS", embeddedConcurrency);
  }
  // The deployment runs on this machine, so a receiver on this machine is no secret to it.
  if (plan.isReplaceable("ALLOW_LOOPBACK_CALLBACKS")) plan.set("ALLOW_LOOPBACK_CALLBACKS", "1");
  planSecrets(plan, input);
  planClaude(plan, input);
  return {
    changes: plan.changes,
    managed: plan.managed,
    notes: plan.notes,
    isSimulated: plan.value("ANTHROPIC_BASE_URL") === input.claudeUrl,
  };
}

function planSecrets(plan: Plan, { current, createSecrets }: VariableInput): void {
  const hasTokenKeys = current.JWT_PRIVATE_KEY !== undefined && current.JWKS !== undefined;
  if (hasTokenKeys && current.GATEWAY_ENCRYPTION_KEY !== undefined) return;
  const secrets = createSecrets();
  for (const [name, value] of Object.entries(secrets)) {
    const isMissing = name === "GATEWAY_ENCRYPTION_KEY" ? current[name] === undefined : !hasTokenKeys;
    if (isMissing) plan.set(name, value);
  }
}

function planClaude(plan: Plan, { current, found, claudeUrl }: VariableInput): void {
  const key = current.ANTHROPIC_API_KEY;
  const foundKey = found.ANTHROPIC_API_KEY || undefined;
  const foundUrl = found.ANTHROPIC_BASE_URL || undefined;
  const hasFoundRealKey = foundKey !== undefined && foundKey !== simulatedKey;
  if (hasFoundRealKey && key !== foundKey) {
    if (key === simulatedKey || plan.isReplaceable("ANTHROPIC_API_KEY")) {
      plan.set("ANTHROPIC_API_KEY", foundKey);
      plan.note(
        `Copied ANTHROPIC_API_KEY (${lastFour(foundKey)}) into the local deployment: answers come from the real Claude and cost money.`,
      );
    } else {
      plan.note(
        `The local deployment keeps its own ANTHROPIC_API_KEY (${lastFour(key ?? "")}). To use the one that was found ` +
          `(${lastFour(foundKey)}): npx convex env set ANTHROPIC_API_KEY`,
      );
    }
  }
  if (foundUrl !== undefined) {
    if (plan.value("ANTHROPIC_BASE_URL") !== foundUrl && plan.isReplaceable("ANTHROPIC_BASE_URL")) {
      plan.set("ANTHROPIC_BASE_URL", foundUrl);
      plan.note(`Copied ANTHROPIC_BASE_URL (${foundUrl}) into the local deployment.`);
    }
    if (plan.value("ANTHROPIC_API_KEY") === undefined) {
      plan.note("ANTHROPIC_BASE_URL is set without a key: npx convex env set ANTHROPIC_API_KEY <key>");
    }
    return;
  }
  const isReal = (plan.value("ANTHROPIC_API_KEY") ?? simulatedKey) !== simulatedKey;
  if (!isReal) {
    plan.set("ANTHROPIC_API_KEY", simulatedKey);
    if (plan.isReplaceable("ANTHROPIC_BASE_URL")) plan.set("ANTHROPIC_BASE_URL", claudeUrl);
  } else if (
    hasFoundRealKey &&
    current.ANTHROPIC_BASE_URL !== undefined &&
    plan.isReplaceable("ANTHROPIC_BASE_URL")
  ) {
    plan.remove("ANTHROPIC_BASE_URL");
  } else if (current.ANTHROPIC_BASE_URL !== undefined && plan.isReplaceable("ANTHROPIC_BASE_URL")) {
    plan.set("ANTHROPIC_BASE_URL", claudeUrl);
    plan.note(
      "A real key is set, but requests still go to the simulated Claude: npx convex env remove ANTHROPIC_BASE_URL",
    );
  }
}

class Plan {
  readonly changes: Record<string, string | null> = {};
  readonly managed: Record<string, string>;
  readonly notes: string[] = [];

  constructor(
    private readonly current: Variables,
    managed: Variables,
  ) {
    this.managed = { ...managed };
  }

  value(name: string): string | undefined {
    const change = this.changes[name];
    return change === undefined ? this.current[name] : (change ?? undefined);
  }

  isReplaceable(name: string): boolean {
    const value = this.current[name];
    return value === undefined || this.managed[name] === fingerprint(value);
  }

  set(name: string, value: string): void {
    this.managed[name] = fingerprint(value);
    if (this.current[name] !== value) this.changes[name] = value;
  }

  remove(name: string): void {
    delete this.managed[name];
    this.changes[name] = null;
  }

  note(sentence: string): void {
    this.notes.push(sentence);
  }
}

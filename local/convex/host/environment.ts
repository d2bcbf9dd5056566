import type { Store } from "../store/types.ts";
import type { EnvironmentVariables } from "./types.ts";

const stateKey = "environmentVariables";
const maxNameLength = 40;
const maxValueBytes = 8 * 1024;
const maxVariables = 512;

/** The deployment's environment variables: kept in the store, read by functions through `processEnv`. */
export class Environment implements EnvironmentVariables {
  #variables: Map<string, string>;
  readonly #builtIn: ReadonlyMap<string, string>;

  constructor(
    readonly store: Store,
    urls: { cloudUrl: string; siteUrl: string },
    readonly onChange: () => void,
  ) {
    const saved: Record<string, string> = JSON.parse(store.getState(stateKey) ?? "{}");
    this.#variables = new Map(Object.entries(saved));
    this.#builtIn = new Map([
      ["CONVEX_CLOUD_URL", urls.cloudUrl],
      ["CONVEX_SITE_URL", urls.siteUrl],
    ]);
  }

  get(name: string): string | undefined {
    return this.#variables.get(name) ?? this.#builtIn.get(name);
  }

  list(): { name: string; value: string }[] {
    return [...this.#variables]
      .map(([name, value]) => ({ name, value }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async update(changes: { name: string; value: string | null }[]): Promise<void> {
    for (const { name, value } of changes) checkVariable(name, value);
    await this.store.transact((writer) => {
      const next = new Map(this.#variables);
      for (const { name, value } of changes) {
        if (value === null) next.delete(name);
        else next.set(name, value);
      }
      if (next.size > maxVariables) {
        throw new Error(`${next.size} environment variables exceed the limit of ${maxVariables}.`);
      }
      writer.setState(stateKey, JSON.stringify(Object.fromEntries(next)));
      this.#variables = next;
    });
    this.onChange();
  }

  /** What the functions of one push see as `process.env`; while `isStrict()`, reading an unset variable throws. */
  processEnv(isStrict: () => boolean): object {
    const names = () => [...new Set([...this.#builtIn.keys(), ...this.#variables.keys()])];
    return new Proxy(Object.create(null), {
      get: (_, name) => {
        if (typeof name !== "string") return undefined;
        const value = this.get(name);
        if (value === undefined && isStrict()) throw new UnsetVariableError(name);
        return value;
      },
      has: (_, name) => typeof name === "string" && this.get(name) !== undefined,
      ownKeys: names,
      getOwnPropertyDescriptor: (_, name) => {
        const value = typeof name === "string" ? this.get(name) : undefined;
        if (value === undefined) return undefined;
        return { value, enumerable: true, configurable: true, writable: false };
      },
      set: () => false,
      deleteProperty: () => false,
    });
  }
}

export class UnsetVariableError extends Error {
  constructor(readonly variable: string) {
    super(
      `Environment variable ${variable} is used in auth config file but its value was not set. Set it with \`npx convex env set ${variable} <value>\` and push again.`,
    );
  }
}

function checkVariable(name: string, value: string | null): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.length > maxNameLength) {
    throw new Error(
      `Environment variable name "${name}" is not valid: names start with a letter or underscore, hold only letters, digits and underscores, and have at most ${maxNameLength} characters.`,
    );
  }
  if (name.startsWith("CONVEX_")) {
    throw new Error(
      `Environment variable name "${name}" is reserved: names starting with CONVEX_ belong to Convex.`,
    );
  }
  const bytes = value === null ? 0 : Buffer.byteLength(value);
  if (bytes > maxValueBytes) {
    throw new Error(
      `The value of environment variable "${name}" has ${bytes} bytes; the limit is ${maxValueBytes}.`,
    );
  }
}

import { z } from "zod";
import type { ConvexCli } from "./ConvexCli.ts";
import type { Variables } from "./envFile.ts";

/** What start and the doctor ask of a deployment as its operator. */
export interface DeploymentClient {
  /** Throws when the deployment does not answer or refuses the key. */
  ping(): Promise<void>;
  /** Runs any function, internal ones too; throws with the deployment's words if it fails. */
  run(path: string, args: object): Promise<unknown>;
  /** Whether a function is among those that were pushed. */
  hasFunction(path: string): Promise<boolean>;
}

const vAnswer = z.union([
  z.object({ status: z.literal("success"), value: z.unknown() }),
  z.object({ status: z.literal("error"), errorMessage: z.string() }),
]);
const vFunctions = z.array(z.object({ identifier: z.string().optional() }));
const vFunctionSpec = z.object({ functions: vFunctions });
/** The deployment names a function `admin.js:diagnose`. */
const isNamed = (path: string) => (spec: { identifier?: string | undefined }) =>
  spec.identifier?.replace(/\.js:/, ":") === path;
const vVariables = z.object({ environment_variables: z.record(z.string(), z.string()) });

/** A deployment whose URL and admin key are known: the embedded one, or a self-hosted one. */
export class HttpDeploymentClient implements DeploymentClient {
  constructor(
    readonly url: string,
    private readonly adminKey: string,
  ) {}

  async ping(): Promise<void> {
    await this.listVariables();
  }

  async hasFunction(path: string): Promise<boolean> {
    return vFunctions.parse(await this.run("_system/cli/modules:apiSpec", {})).some(isNamed(path));
  }

  async listVariables(): Promise<Variables> {
    const body = await this.#request("/api/v1/list_environment_variables");
    return vVariables.parse(JSON.parse(body)).environment_variables;
  }

  /** Sets variables; null removes. */
  async updateVariables(changes: Readonly<Record<string, string | null>>): Promise<void> {
    const list = Object.entries(changes).map(([name, value]) => ({ name, value }));
    if (list.length > 0) await this.#request("/api/update_environment_variables", { changes: list });
  }

  async run(path: string, args: object): Promise<unknown> {
    const answer = vAnswer.parse(
      JSON.parse(await this.#request("/api/function", { path, args, format: "json" })),
    );
    if (answer.status === "error") throw new Error(`${path}: ${answer.errorMessage}`);
    return answer.value;
  }

  /** The hashes of the pushed modules as text: equal texts mean equal code. */
  async pushedModules(): Promise<string> {
    return await this.#request("/api/get_config_hashes", { version: "1.48.0", adminKey: this.adminKey });
  }

  /** Completed function calls after `cursor` (0: all that are kept), as `convex logs` reads them. */
  async logs(cursor: number): Promise<unknown> {
    return JSON.parse(await this.#request(`/api/stream_function_logs?cursor=${cursor}`));
  }

  async #request(path: string, body?: object): Promise<string> {
    const response = await fetch(this.url + path, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Convex ${this.adminKey}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return text;
  }
}

/** A Convex Cloud deployment, reached through the CLI and its login. */
export class CliDeploymentClient implements DeploymentClient {
  /** `flags`: which of the project's deployments, as in `--prod`. */
  constructor(
    private readonly cli: ConvexCli,
    private readonly flags: readonly string[] = [],
  ) {}

  async ping(): Promise<void> {
    await this.cli.run(["env", ...this.flags, "list", "--names-only"]);
  }

  async hasFunction(path: string): Promise<boolean> {
    const { functions } = vFunctionSpec.parse(
      JSON.parse(await this.cli.run(["function-spec", ...this.flags])),
    );
    return functions.some(isNamed(path));
  }

  async run(path: string, args: object): Promise<unknown> {
    return JSON.parse(await this.cli.run(["run", ...this.flags, path, JSON.stringify(args)]));
  }
}

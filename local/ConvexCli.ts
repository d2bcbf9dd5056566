import { join } from "node:path";
import type { Child, ChildProcesses, ChildSpec } from "./ChildProcesses.ts";

/** The real `convex` command line of node_modules, aimed at one deployment by its environment. */
export class ConvexCli {
  constructor(
    private readonly children: ChildProcesses,
    private readonly root: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly isVerbose: boolean,
  ) {}

  /** Runs a command to its end; returns its stdout, throws a StartError with its output if it fails. */
  async run(args: readonly string[]): Promise<string> {
    return await this.children.run(this.#spec(args, !this.isVerbose));
  }

  /** Starts a command that keeps running, and shows what it says. */
  serve(args: readonly string[]): Child {
    return this.children.serve(this.#spec(args, false));
  }

  #spec(args: readonly string[], isSilent: boolean): ChildSpec {
    return {
      name: `convex ${args[0] ?? ""}`,
      args: [join(this.root, "node_modules/convex/bin/main.js"), ...args],
      env: this.env,
      cwd: this.root,
      isShown: !isSilent,
      isSilent,
    };
  }
}

/** The environment without anything that could aim the CLI at another deployment, or hand out a key. */
export function withoutDeploymentVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const rest = Object.entries(environment).filter(
    ([name]) => !/^(CONVEX|ANTHROPIC|NEXT_PUBLIC_CONVEX)_/.test(name),
  );
  return { NODE_ENV: environment.NODE_ENV, ...Object.fromEntries(rest) };
}

/** The environment that aims the CLI at a deployment by URL and admin key, whatever `.env.local` says. */
export function adminEnvironment(
  environment: NodeJS.ProcessEnv,
  url: string,
  adminKey: string,
): NodeJS.ProcessEnv {
  return {
    ...withoutDeploymentVariables(environment),
    CONVEX_SELF_HOSTED_URL: url,
    CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey,
    // Empty, not absent: the CLI would read them from .env.local.
    CONVEX_DEPLOYMENT: "",
    CONVEX_DEPLOY_KEY: "",
  };
}

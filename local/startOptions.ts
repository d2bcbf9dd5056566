import { parseArgs } from "node:util";
import { StartError } from "./StartError.ts";

export interface StartOptions {
  /** The repository, absolute. */
  readonly root: string;
  /** Absolute; everything that start keeps between runs. */
  readonly dataDir: string;
  readonly webPort: number;
  readonly convexPort: number;
  readonly sitePort: number;
  readonly claudePort: number;
  readonly isDev: boolean;
  /** Convex's own local backend instead of the embedded deployment. */
  readonly isOfficial: boolean;
  /** Tests: always the embedded deployment, in strict mode; `.env.local` and the shell's `CONVEX_*` and `ANTHROPIC_*` do not exist. */
  readonly isIsolated: boolean;
  /** Shows all output of the child processes. */
  readonly isVerbose: boolean;
  /** The simulated Claude answers without pauses between deltas. */
  readonly isFast: boolean;
}

/** Reads the command line and the environment of `npm start`; a port of 0 stands for any free one. */
export function readStartOptions(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  root: string,
  resolve: (root: string, path: string) => string,
): StartOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      dev: { type: "boolean", default: false },
      official: { type: "boolean", default: false },
      isolated: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      fast: { type: "boolean", default: false },
    },
  });
  if (values.official && values.isolated)
    throw new StartError("--isolated is for tests and cannot be combined with --official.");
  if (values.dev && values.isolated)
    throw new StartError("--isolated is for tests and cannot be combined with --dev.");
  return {
    root,
    dataDir: resolve(root, environment.GATEWAY_DATA_DIR || ".data"),
    webPort: readPort(environment, "PORT", 3000),
    convexPort: readPort(environment, "CONVEX_PORT", 3210),
    sitePort: readPort(environment, "CONVEX_SITE_PORT", 3211),
    claudePort: readPort(environment, "CLAUDE_PORT", 3212),
    isDev: values.dev,
    isOfficial: values.official,
    isIsolated: values.isolated,
    isVerbose: values.verbose || values.dev,
    isFast: values.fast || environment.CLAUDE_FAST === "1",
  };
}

function readPort(environment: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = environment[name];
  const port = text === undefined || text === "" ? otherwise : Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new StartError(`${name} must be a port number, not ${text}.`);
}

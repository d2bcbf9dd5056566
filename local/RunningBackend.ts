import type { ConvexCli } from "./ConvexCli.ts";
import type { DeploymentClient } from "./DeploymentClient.ts";

/** A deployment that has the functions of `convex/` and answers. */
export interface RunningBackend {
  readonly client: DeploymentClient;
  readonly cli: ConvexCli;
  readonly convexUrl: string;
  readonly siteUrl: string;
  /** Set when requests go to a simulated Claude that start runs. */
  readonly claudeUrl: string | null;
  readonly isEmbedded: boolean;
}

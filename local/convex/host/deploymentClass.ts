/** How many functions of each kind Convex runs at once; more wait, then fail with `TooManyConcurrentRequests`. */
export interface ConcurrencyLimits {
  queries: number;
  mutations: number;
  /** Actions of the default runtime and HTTP actions together. */
  actions: number;
  nodeActions: number;
  scheduledJobs: number;
}

export const DEPLOYMENT_CLASSES = {
  s16: { queries: 16, mutations: 16, actions: 64, nodeActions: 64, scheduledJobs: 8 },
  s256: { queries: 256, mutations: 256, actions: 512, nodeActions: 256, scheduledJobs: 256 },
} as const satisfies Record<string, ConcurrencyLimits>;
export type DeploymentClass = keyof typeof DEPLOYMENT_CLASSES;

export const DEFAULT_CLASS: DeploymentClass = "s256";

export function isDeploymentClass(name: string): name is DeploymentClass {
  return name in DEPLOYMENT_CLASSES;
}

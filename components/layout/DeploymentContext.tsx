"use client";

import { createContext, type ReactNode, useContext } from "react";

type Deployment = { siteUrl: string };

const DeploymentContext = createContext<Deployment | null>(null);

export function DeploymentProvider({ siteUrl, children }: Deployment & { children: ReactNode }) {
  return <DeploymentContext value={{ siteUrl }}>{children}</DeploymentContext>;
}

/** The deployment as the browser reaches it; HTTP actions answer on `siteUrl`. */
export function useDeployment(): Deployment {
  const deployment = useContext(DeploymentContext);
  if (deployment === null) throw new Error("useDeployment needs a DeploymentProvider above it.");
  return deployment;
}

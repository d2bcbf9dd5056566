import type { TestProject } from "vitest/node";
import { startStack } from "./Stack.ts";

declare module "vitest" {
  export interface ProvidedContext {
    convexUrl: string;
    siteUrl: string;
    adminKey: string;
    claudeUrl: string;
    deploymentPid: number;
  }
}

/** Starts the deployment and the simulated Claude that all HTTP tests share; returns what stops them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack();
  project.provide("convexUrl", stack.convexUrl);
  project.provide("siteUrl", stack.siteUrl);
  project.provide("adminKey", stack.adminKey);
  project.provide("claudeUrl", stack.claudeUrl);
  project.provide("deploymentPid", stack.pid);
  return () => stack.stop();
}

import { type Infer, v } from "convex/values";
import type { Tokens } from "./validators";

/** One agent's own spend. */
export interface AgentSpend {
  agentId?: string;
  parentAgentId?: string;
  requests: number;
  errors: number;
  tokens: Tokens;
  costNanoUsd: number;
}

/** A line of the tree, parents before their children; `totalNanoUsd` holds what the agents below spent too. */
export const vSessionLine = v.object({
  agentId: v.union(v.null(), v.string()), // null: the session's main agent
  depth: v.number(),
  requests: v.number(),
  errors: v.number(),
  inputTokens: v.number(), // cache reads and writes included
  outputTokens: v.number(),
  costNanoUsd: v.number(),
  totalNanoUsd: v.number(),
});
export type SessionLine = Infer<typeof vSessionLine>;

/**
 * The agents of one session as a tree, flattened. An agent whose parent is unknown, or that names itself as its
 * own ancestor, hangs below the main agent: the ids are the client's word.
 */
export function sessionTree(agents: readonly AgentSpend[]): SessionLine[] {
  const children = new Map<string, AgentSpend[]>();
  const known = new Map(agents.map((agent) => [agent.agentId ?? "", agent]));
  for (const agent of agents) {
    if (agent.agentId !== undefined) {
      const parent = parentOf(agent, known);
      children.set(parent, [...(children.get(parent) ?? []), agent]);
    }
  }
  return linesOf(known.get("") ?? NO_MAIN_AGENT, 0, children);
}

const NO_MAIN_AGENT: AgentSpend = {
  requests: 0,
  errors: 0,
  tokens: {
    inputTokens: 0,
    cacheReadInputTokens: 0,
    cacheCreation5mInputTokens: 0,
    cacheCreation1hInputTokens: 0,
    outputTokens: 0,
    webSearchRequests: 0,
  },
  costNanoUsd: 0,
};

function parentOf(agent: AgentSpend, known: ReadonlyMap<string, AgentSpend>): string {
  const seen = new Set([agent.agentId]);
  let ancestor = agent.parentAgentId;
  while (ancestor !== undefined && known.has(ancestor)) {
    if (seen.has(ancestor)) {
      return "";
    }
    seen.add(ancestor);
    ancestor = known.get(ancestor)?.parentAgentId;
  }
  return agent.parentAgentId !== undefined && known.has(agent.parentAgentId) ? agent.parentAgentId : "";
}

function linesOf(
  agent: AgentSpend,
  depth: number,
  children: ReadonlyMap<string, AgentSpend[]>,
): SessionLine[] {
  const below = (children.get(agent.agentId ?? "") ?? []).map((child) => linesOf(child, depth + 1, children));
  const { tokens, requests, errors, costNanoUsd } = agent;
  return [
    {
      agentId: agent.agentId ?? null,
      depth,
      requests,
      errors,
      inputTokens:
        tokens.inputTokens +
        tokens.cacheReadInputTokens +
        tokens.cacheCreation5mInputTokens +
        tokens.cacheCreation1hInputTokens,
      outputTokens: tokens.outputTokens,
      costNanoUsd,
      totalNanoUsd: below.reduce((sum, [first]) => sum + (first?.totalNanoUsd ?? 0), costNanoUsd),
    },
    ...below.flat(),
  ];
}

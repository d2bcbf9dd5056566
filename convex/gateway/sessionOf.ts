import type { Session } from "../model/validators";

const ID = /^[\w.:-]{1,128}$/;

/** Claude Code's ids of its session and agent. What does not look like an id is left out: it only labels spend. */
export function sessionOf(headers: Headers): Session | undefined {
  const sessionId = idIn(headers, "x-claude-code-session-id");
  if (sessionId === undefined) {
    return undefined;
  }
  const agentId = idIn(headers, "x-claude-code-agent-id");
  const parentAgentId = idIn(headers, "x-claude-code-parent-agent-id");
  return {
    sessionId,
    ...(agentId !== undefined && { agentId }),
    ...(parentAgentId !== undefined && { parentAgentId }),
  };
}

function idIn(headers: Headers, name: string): string | undefined {
  const value = headers.get(name)?.trim();
  return value !== undefined && ID.test(value) ? value : undefined;
}

import fc from "fast-check";
import { expect, it } from "vitest";
import { NO_TOKENS } from "./anthropicUsage";
import { type AgentSpend, sessionTree } from "./sessionTree";

function agent(
  agentId: string | undefined,
  parentAgentId: string | undefined,
  costNanoUsd: number,
): AgentSpend {
  return { agentId, parentAgentId, requests: 1, errors: 0, tokens: { ...NO_TOKENS }, costNanoUsd };
}

it("puts every agent below its parent and sums what is below it", () => {
  const lines = sessionTree([
    agent("reader", "planner", 5),
    agent(undefined, undefined, 1),
    agent("planner", undefined, 10),
    agent("orphan", "never seen", 100),
  ]);
  expect(lines.map(({ agentId, depth, totalNanoUsd }) => [agentId, depth, totalNanoUsd])).toEqual([
    [null, 0, 116],
    ["planner", 1, 15],
    ["reader", 2, 5],
    ["orphan", 1, 100],
  ]);
});

it("lists every agent once and loses no cost, whatever parents the client claims", () => {
  const id = fc.constantFrom("a", "b", "c", "d");
  const claims = fc.uniqueArray(fc.tuple(id, fc.option(id, { nil: undefined }), fc.nat({ max: 99 })), {
    selector: ([agentId]) => agentId,
  });
  fc.assert(
    fc.property(claims, (rows) => {
      const lines = sessionTree(rows.map(([agentId, parent, cost]) => agent(agentId, parent, cost)));
      const named = lines.flatMap(({ agentId }) => agentId ?? []);
      expect(named.sort()).toEqual(rows.map(([agentId]) => agentId).sort());
      expect(lines[0]?.totalNanoUsd).toBe(rows.reduce((sum, [, , cost]) => sum + cost, 0));
    }),
  );
});

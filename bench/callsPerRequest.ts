import { z } from "zod";
import type { HttpDeploymentClient } from "../local/DeploymentClient.ts";

const vLogs = z.object({
  newCursor: z.number(),
  entries: z.array(
    z.object({
      udfType: z.string(),
      identifier: z.string(),
      usageStats: z.object({ databaseReadDocuments: z.number(), databaseWriteDocuments: z.number() }),
    }),
  ),
});

export interface FunctionCallCount {
  name: string;
  documentsRead: number;
  documentsWritten: number;
}

/** The Convex functions that one request calls, in the order in which they ended, from the deployment's own log. */
export async function callsPerRequest(
  client: HttpDeploymentClient,
  request: () => Promise<unknown>,
): Promise<FunctionCallCount[]> {
  const before = vLogs.parse(await client.logs(0));
  await request();
  const after = vLogs.parse(await client.logs(before.newCursor));
  return after.entries.map(({ udfType, identifier, usageStats }) => ({
    name: `${udfType} ${identifier}`,
    documentsRead: usageStats.databaseReadDocuments,
    documentsWritten: usageStats.databaseWriteDocuments,
  }));
}

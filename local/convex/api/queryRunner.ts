import type { FunctionCall, FunctionHost, QueryOutcome } from "../host/types.ts";
import { isSystemPath, runSystemQuery } from "./systemQueries.ts";

/** Runs queries of the application and of the deployment itself (`_system/…`) alike. */
export interface QueryRunner {
  isSystem(path: string): boolean;
  run(call: FunctionCall & { journal?: string | null }): Promise<QueryOutcome>;
}

/** `cloudUrl` is what `_system/cli/convexUrl` answers. */
export function createQueryRunner(host: FunctionHost, cloudUrl: string): QueryRunner {
  return {
    isSystem: isSystemPath,
    run: (call) => (isSystemPath(call.path) ? runSystemQuery(host, cloudUrl, call) : host.runQuery(call)),
  };
}

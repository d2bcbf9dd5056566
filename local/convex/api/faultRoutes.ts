import type { Faults } from "../faults/faults.ts";
import { ApiError } from "./apiError.ts";
import { requireAdmin } from "./functionRoutes.ts";
import { readJson } from "./readBody.ts";
import type { ApiContext, ApiRequest, RouteTable } from "./route.ts";

/** What tests may break, with the admin key, in a deployment that was started for it. */
export const faultRoutes: RouteTable = {
  "GET /api/embedded/faults": async (context, request) => (await openFaults(context, request)).describe(),
  "POST /api/embedded/faults": async (context, request) => {
    const faults = await openFaults(context, request);
    faults.configure(await readJson(request.message));
    return faults.describe();
  },
  /** How many sockets, timers and other things of each kind keep the process alive. */
  "GET /api/embedded/resources": async (context, request) => {
    await openFaults(context, request);
    const counts: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  },
  "POST /api/embedded/restart": async (context, request) => {
    await openFaults(context, request);
    request.response.once("close", context.restart);
    request.response.setHeader("connection", "close");
    return { restarting: true };
  },
};

async function openFaults(context: ApiContext, request: ApiRequest): Promise<Faults> {
  await requireAdmin(context, request);
  if (context.faults !== null) return context.faults;
  throw new ApiError(
    403,
    "FaultInjectionDisabled",
    "This deployment was started without fault injection. Start it with `--fault-injection`.",
  );
}

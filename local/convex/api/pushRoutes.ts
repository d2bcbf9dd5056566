import { z } from "zod";
import type { PushApi } from "../host/types.ts";
import { notSupported } from "./apiError.ts";
import { requireAdmin } from "./functionRoutes.ts";
import { readJson } from "./readBody.ts";
import type { RouteHandler, RouteTable } from "./route.ts";

const keySchema = z.object({ adminKey: z.string() });

type PushStep = "configHashes" | "startPush" | "evaluatePush" | "waitForSchema" | "finishPush";

/** What `convex dev`, `deploy` and `codegen` call to push code. */
export const pushRoutes: RouteTable = {
  "POST /api/get_config_hashes": pushStep("configHashes"),
  "POST /api/deploy2/start_push": pushStep("startPush"),
  "POST /api/deploy2/evaluate_push": pushStep("evaluatePush"),
  "POST /api/deploy2/wait_for_schema": pushStep("waitForSchema"),
  "POST /api/deploy2/finish_push": pushStep("finishPush"),
  "POST /api/deploy2/report_push_completed": () => ({}),
  // The CLI skips its advisory checks on a 400.
  "POST /api/deploy2/evaluate_schema": () => {
    throw notSupported("evaluate_schema (advisory schema checks)");
  },
};

function pushStep(step: PushStep): RouteHandler {
  return async (context, request) => {
    const body = await readJson(request.message);
    const inBody = keySchema.safeParse(body);
    if (inBody.success) {
      context.authenticator.verifyAdminKey(inBody.data.adminKey);
    } else {
      await requireAdmin(context, request);
    }
    const pushes: PushApi = context.host.pushes;
    return await pushes[step](body);
  };
}

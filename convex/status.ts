import { v } from "convex/values";
import { action, query } from "./_generated/server";
import { deploymentVariables } from "./gateway/config";
import { requireMember, requireMemberInAction } from "./members";
import { type Check, diagnose, vCheck } from "./model/diagnosis";
import { probeUpstream } from "./probeUpstream";

/** What the deployment's variables allow, for the settings page of owners. `webUrl`: where the page is open. */
export const get = query({
  args: { webUrl: v.string() },
  returns: v.array(vCheck),
  handler: async (ctx, { webUrl }) => {
    await requireMember(ctx, "owner");
    return diagnose(deploymentVariables(), webUrl);
  },
});

/** Asks Claude's API whether it accepts the key; costs nothing. For owners. */
export const probe = action({
  args: {},
  returns: v.array(vCheck),
  handler: async (ctx): Promise<Check[]> => {
    await requireMemberInAction(ctx, "owner");
    return await probeUpstream(deploymentVariables());
  },
});

import {
  internalMutationGeneric as internalMutation,
  internalQueryGeneric as internalQuery,
  mutationGeneric as mutation,
} from "convex/server";

const tables = ["things", "typed"];

/** Empties the tables and cancels what is scheduled. */
export const clear = internalMutation({
  args: {},
  handler: async (ctx) => {
    for (const table of tables) {
      for (const { _id } of await ctx.db.query(table).collect()) await ctx.db.delete(_id);
    }
    for (const job of await ctx.db.system.query("_scheduled_functions").collect()) {
      if (job.state.kind === "pending") await ctx.scheduler.cancel(job._id);
    }
    for (const { _id } of await ctx.db.system.query("_storage").collect()) await ctx.storage.delete(_id);
  },
});

export const unfinishedJobs = internalQuery({
  args: {},
  handler: async (ctx) => {
    const jobs = await ctx.db.system.query("_scheduled_functions").collect();
    return jobs.filter(({ state }) => state.kind === "pending" || state.kind === "inProgress").length;
  },
});

export const nothing = mutation({ args: {}, handler: async () => null });

import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  /** For whatever a test wants to store. */
  things: defineTable(v.any())
    .index("by_a_and_b", ["a", "b"])
    .index("by_nested", ["nested.value"])
    .searchIndex("search_text", { searchField: "text", filterFields: ["author", "nested.value"] }),
  cronRuns: defineTable({ name: v.string() }),
  /** Checked on every write. */
  typed: defineTable({
    name: v.string(),
    count: v.optional(v.number()),
    tags: v.optional(v.array(v.string())),
    thing: v.optional(v.id("things")),
    nested: v.optional(v.object({ value: v.union(v.string(), v.null()) })),
  }).index("by_name", ["name"]),
});

import { z } from "zod";
import type { ConvexJson } from "../store/types.ts";

/** The client's messages of the sync protocol, named as in `convex/src/browser/sync/protocol.ts`. */

const jsonSchema: z.ZodType<ConvexJson> = z.json();
const count = z.number().int().nonnegative();
const argsSchema = z.array(jsonSchema).max(1);

const connectSchema = z.object({
  type: z.literal("Connect"),
  sessionId: z.string(),
  maxObservedTimestamp: z.string().nullish(),
});
const authenticateSchema = z.object({
  type: z.literal("Authenticate"),
  baseVersion: count,
  tokenType: z.enum(["Admin", "User", "None"]),
  value: z.string().optional(),
  impersonating: z.unknown().optional(),
});
const addSchema = z.object({
  type: z.literal("Add"),
  queryId: count,
  udfPath: z.string(),
  args: argsSchema,
  journal: z.string().nullish(),
  componentPath: z.string().nullish(),
});
const removeSchema = z.object({ type: z.literal("Remove"), queryId: count });
const modifyQuerySetSchema = z.object({
  type: z.literal("ModifyQuerySet"),
  baseVersion: count,
  newVersion: count,
  modifications: z.array(z.discriminatedUnion("type", [addSchema, removeSchema])),
});
const functionRequest = {
  requestId: count,
  udfPath: z.string(),
  args: argsSchema,
  componentPath: z.string().nullish(),
};
const mutationSchema = z.object({ type: z.literal("Mutation"), ...functionRequest });
const actionSchema = z.object({ type: z.literal("Action"), ...functionRequest });
const eventSchema = z.object({ type: z.literal("Event") });

const clientMessageSchema = z.discriminatedUnion("type", [
  connectSchema,
  authenticateSchema,
  modifyQuerySetSchema,
  mutationSchema,
  actionSchema,
  eventSchema,
]);

export type ClientMessage = z.infer<typeof clientMessageSchema>;
export type Connect = z.infer<typeof connectSchema>;
export type Authenticate = z.infer<typeof authenticateSchema>;
export type ModifyQuerySet = z.infer<typeof modifyQuerySetSchema>;
export type AddQuery = z.infer<typeof addSchema>;
export type FunctionRequest = z.infer<typeof mutationSchema> | z.infer<typeof actionSchema>;

/** Throws when `text` is not a message of the protocol. */
export function parseClientMessage(text: string): ClientMessage {
  return clientMessageSchema.parse(JSON.parse(text));
}

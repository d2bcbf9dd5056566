import { z } from "zod";

/** One finding; the deployment reports its own in the same form (`admin:diagnose`). */
export const vCheck = z.object({
  name: z.string(),
  ok: z.boolean(),
  detail: z.string(),
  command: z.string().optional(),
});
export type Check = z.infer<typeof vCheck>;

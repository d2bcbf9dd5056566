import type { z } from "zod";
import type { vFaultSettings } from "../../local/convex/faults/faultSettings.ts";

/**
 * Replaces the faults of a deployment; `{}` ends them. They are the deployment's, not the test's: use a stack of your own,
 * or end them before anything else runs.
 */
export async function injectFaults(
  settings: z.input<typeof vFaultSettings>,
  { convexUrl, adminKey }: { convexUrl: string; adminKey: string },
): Promise<void> {
  const response = await fetch(`${convexUrl}/api/embedded/faults`, {
    method: "POST",
    headers: { authorization: `Convex ${adminKey}`, "content-type": "application/json" },
    body: JSON.stringify(settings),
  });
  if (!response.ok) throw new Error(`The faults were refused: ${await response.text()}`);
}

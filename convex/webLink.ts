import { ConvexError } from "convex/values";
import { webUrl } from "./gateway/config";

/** An absolute link into the web app. Throws ConvexError `missingSiteUrl` when the deployment does not know its address. */
export function webLink(path: string): string {
  const base = webUrl();
  if (base === null) {
    throw new ConvexError({
      code: "missingSiteUrl",
      message: "SITE_URL is not set. Set the web app's address: npx convex env set SITE_URL https://…",
    });
  }
  return base + path;
}

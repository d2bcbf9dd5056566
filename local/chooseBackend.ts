import type { Variables } from "./envFile.ts";
import { StartError } from "./StartError.ts";

/** Admin keys of the embedded deployment start with this name, so that they are recognised in `.env.local`. */
export const embeddedName = "embedded";

export type Backend =
  | { readonly kind: "embedded" }
  | { readonly kind: "selfHosted"; readonly url: string; readonly adminKey: string }
  | { readonly kind: "cloud"; readonly deployment: string };

/**
 * Which deployment `npm start` serves, from the shell's variables merged over those of `.env.local`: a configured
 * development deployment, else the embedded one. Throws for a production deployment and for half a configuration.
 */
export function chooseBackend(variables: Variables): Backend {
  const url = variables.CONVEX_SELF_HOSTED_URL ?? "";
  const adminKey = variables.CONVEX_SELF_HOSTED_ADMIN_KEY ?? "";
  const deployment = variables.CONVEX_DEPLOYMENT ?? "";
  const deployKey = variables.CONVEX_DEPLOY_KEY ?? "";
  const isOurs = adminKey.startsWith(`${embeddedName}|`);
  if (adminKey !== "" && !isOurs) {
    if (url === "")
      throw new StartError(
        "CONVEX_SELF_HOSTED_ADMIN_KEY is set without CONVEX_SELF_HOSTED_URL. Set both, or neither.",
      );
    if (deployment !== "") {
      throw new StartError(
        "CONVEX_DEPLOYMENT and CONVEX_SELF_HOSTED_URL are both set. Remove one of them from .env.local.",
      );
    }
    return { kind: "selfHosted", url: url.replace(/\/$/, ""), adminKey };
  }
  if (url !== "" && adminKey === "") {
    throw new StartError(
      "CONVEX_SELF_HOSTED_URL is set without CONVEX_SELF_HOSTED_ADMIN_KEY. Set both, or neither.",
    );
  }
  if (/^(prod|preview):/.test(deployment) || /^(prod|preview):/.test(deployKey)) {
    throw new StartError(
      "A production or preview deployment is configured, and `npm start` is for development. Deploy with `npx convex deploy`.",
    );
  }
  if (deployment === "" && deployKey === "") return { kind: "embedded" };
  if (isOurs) {
    throw new StartError(
      "CONVEX_DEPLOYMENT is set, and .env.local still names the embedded deployment. Remove CONVEX_SELF_HOSTED_URL and " +
        "CONVEX_SELF_HOSTED_ADMIN_KEY from .env.local to use the former, or CONVEX_DEPLOYMENT to use the latter.",
    );
  }
  if (/^(local|anonymous):/.test(deployment)) {
    throw new StartError(
      `CONVEX_DEPLOYMENT=${deployment} needs Convex's own local backend, which \`npm start\` cannot run yet. Remove the line ` +
        "from .env.local to use the embedded deployment.",
    );
  }
  return { kind: "cloud", deployment: deployment || "the one of CONVEX_DEPLOY_KEY" };
}

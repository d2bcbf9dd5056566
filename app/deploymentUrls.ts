/** Where the deployment answers: `convexUrl` for the function API, `siteUrl` for HTTP actions. */
export type DeploymentUrls = { convexUrl: string; siteUrl: string };

/**
 * Reads the deployment's URLs from the server's environment at run time.
 *
 * Next replaces a literal `process.env.NEXT_PUBLIC_…` with its value during the build, which would tie a build to one
 * deployment; a computed name is left alone.
 *
 * @throws Error naming the variable that is missing.
 */
export function deploymentUrls(): DeploymentUrls {
  return { convexUrl: required("NEXT_PUBLIC_CONVEX_URL"), siteUrl: required("NEXT_PUBLIC_CONVEX_SITE_URL") };
}

function required(name: string): string {
  const environment = process.env;
  const value = environment[name];
  if (value === undefined || value === "") {
    throw new Error(
      `${name} is not set. Start the web app with "npm start", or set it to your deployment's URL.`,
    );
  }
  return value.replace(/\/$/, "");
}

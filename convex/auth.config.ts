/** Session tokens are the deployment's own: Convex Auth signs them and serves their public keys on the site URL. */
export default {
  // The deployment evaluates this file by itself at push, where the typed `env` is not documented to work.
  // eslint-disable-next-line @convex-dev/no-process-env
  providers: [{ domain: process.env.CONVEX_SITE_URL, applicationID: "convex" }],
};

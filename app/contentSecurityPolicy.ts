import type { DeploymentUrls } from "./deploymentUrls";

/**
 * The policy of every page. Styles may be inline because server-rendered `style` attributes and the style elements that
 * the dialog's scroll lock and the toasts insert carry no nonce; scripts may not.
 */
export function contentSecurityPolicy(nonce: string, urls: DeploymentUrls): string {
  const convexSocketUrl = urls.convexUrl.replace(/^http/, "ws");
  // React's development build evaluates code to rebuild server stack traces.
  const developmentOnly = process.env.NODE_ENV === "development" ? " 'unsafe-eval'" : "";
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${developmentOnly}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self' ${urls.convexUrl} ${convexSocketUrl} ${urls.siteUrl}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join("; ");
}

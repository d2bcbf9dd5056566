import { convexAuthNextjsMiddleware } from "@convex-dev/auth/nextjs/server";
import { type NextFetchEvent, type NextRequest, NextResponse } from "next/server";
import { contentSecurityPolicy } from "./app/contentSecurityPolicy";
import { deploymentUrls } from "./app/deploymentUrls";

/**
 * Runs before every page: refreshes the session cookies, relays sign-in and sign-out, and sets the security headers.
 * It grants nothing. Pages redirect in their layout, and every Convex function checks its caller.
 */
export async function proxy(
  request: NextRequest,
  event: NextFetchEvent,
): Promise<Awaited<ReturnType<typeof authProxy>>> {
  const origin = request.headers.get("origin");
  // A sandboxed frame sends `Origin: null`, on which Convex Auth's own check would throw.
  if (origin !== null && !URL.canParse(origin)) return new Response("Invalid origin", { status: 403 });
  return await authProxy(request, event);
}

function authProxy(request: NextRequest, event: NextFetchEvent) {
  const urls = deploymentUrls();
  const nonce = crypto.randomUUID().replaceAll("-", "");
  const policy = contentSecurityPolicy(nonce, urls);
  const withAuth = convexAuthNextjsMiddleware(
    (authenticated) => {
      const headers = new Headers(authenticated.headers);
      headers.set("x-nonce", nonce);
      headers.set("content-security-policy", policy);
      const response = NextResponse.next({ request: { headers } });
      response.headers.set("content-security-policy", policy);
      return response;
    },
    { convexUrl: urls.convexUrl, shouldHandleCode: false, cookieConfig: { maxAge: SESSION_COOKIE_SECONDS } },
  );
  return withAuth(request, event);
}

const SESSION_COOKIE_SECONDS = 30 * 24 * 60 * 60;

export const config = {
  matcher: ["/((?!_next/static|_next/image|favicon.ico|icon.svg|robots.txt).*)"],
};

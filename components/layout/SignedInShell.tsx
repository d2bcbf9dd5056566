"use client";

import { useConvexAuth, useQuery } from "convex/react";
import { useRouter } from "next/navigation";
import { type ReactNode, useEffect } from "react";
import { api } from "@/convex/_generated/api";
import { AppHeader } from "./AppHeader";
import { GatewayBanner } from "./GatewayBanner";
import { NotAMember } from "./NotAMember";
import { ShellSkeleton } from "./ShellSkeleton";
import { ViewerContext } from "./ViewerContext";

/**
 * The frame of the signed-in pages: header, banner, and a main region that fills the rest of the window and scrolls by
 * itself (a page that wants the whole height uses `h-full`). Pages render only once the member is known.
 */
export function SignedInShell({ children }: { children: ReactNode }) {
  const { isLoading, isAuthenticated } = useConvexAuth();
  const router = useRouter();
  const viewer = useQuery(api.members.viewer, isAuthenticated ? {} : "skip");
  const isSignedOut = !isLoading && !isAuthenticated;
  useEffect(() => {
    if (isSignedOut) router.replace("/sign-in");
  }, [isSignedOut, router]);

  if (!isAuthenticated || viewer === undefined) return <ShellSkeleton />;
  if (viewer === null) return <NotAMember />;
  return (
    <ViewerContext value={viewer}>
      <div className="flex h-dvh flex-col">
        <a
          href="#main"
          className="sr-only z-50 rounded-md bg-card px-3 py-2 text-sm font-medium focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        >
          Skip to content
        </a>
        <AppHeader />
        <GatewayBanner />
        <main id="main" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
          {children}
        </main>
      </div>
    </ViewerContext>
  );
}

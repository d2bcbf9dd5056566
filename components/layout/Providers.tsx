"use client";

import { ConvexAuthNextjsProvider } from "@convex-dev/auth/nextjs";
import { ConvexReactClient } from "convex/react";
import { ThemeProvider } from "next-themes";
import { type ReactNode, useState } from "react";
import { DeploymentProvider } from "./DeploymentContext";
import { Toaster } from "./Toaster";

/** What every page needs in the browser: the Convex client with its session, the theme, and toasts. */
export function Providers({
  convexUrl,
  siteUrl,
  nonce,
  children,
}: {
  convexUrl: string;
  siteUrl: string;
  nonce: string;
  children: ReactNode;
}) {
  const [client] = useState(() => new ConvexReactClient(convexUrl));
  return (
    <ConvexAuthNextjsProvider client={client}>
      <ThemeProvider
        attribute="class"
        defaultTheme="system"
        enableSystem
        disableTransitionOnChange
        nonce={nonce}
      >
        <DeploymentProvider siteUrl={siteUrl}>{children}</DeploymentProvider>
        <Toaster />
      </ThemeProvider>
    </ConvexAuthNextjsProvider>
  );
}

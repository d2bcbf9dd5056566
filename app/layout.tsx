import { ConvexAuthNextjsServerProvider } from "@convex-dev/auth/nextjs/server";
import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { Providers } from "@/components/layout/Providers";
import { deploymentUrls } from "./deploymentUrls";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Claude Gateway", template: "%s · Claude Gateway" },
  description: "Chat with Claude, hand out keys, and see what every request cost.",
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fbfaf7" },
    { media: "(prefers-color-scheme: dark)", color: "#151412" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  await connection();
  const { convexUrl, siteUrl } = deploymentUrls();
  const nonce = (await headers()).get("x-nonce") ?? "";
  return (
    <ConvexAuthNextjsServerProvider storageNamespace={convexUrl} shouldHandleCode={false}>
      <html lang="en" suppressHydrationWarning>
        <body className="min-h-dvh antialiased">
          <Providers convexUrl={convexUrl} siteUrl={siteUrl} nonce={nonce}>
            {children}
          </Providers>
        </body>
      </html>
    </ConvexAuthNextjsServerProvider>
  );
}

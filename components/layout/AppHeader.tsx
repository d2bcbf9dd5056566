"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { cn } from "@/components/ui/cn";
import { AccountMenu } from "./AccountMenu";
import { Brand } from "./Brand";
import { isCurrent, navigationItems } from "./navigationItems";
import { useViewer } from "./ViewerContext";

/** The bar at the top. On phones the links move into the menu at its right end. */
export function AppHeader() {
  const pathname = usePathname();
  const viewer = useViewer();
  return (
    <header className="flex h-14 shrink-0 items-center gap-6 border-b border-border bg-card px-4 sm:px-6">
      <Link href="/chat" className="inline-flex items-center rounded-md">
        <Brand />
      </Link>
      <nav aria-label="Main" className="hidden h-full items-stretch gap-1 md:flex">
        {navigationItems(viewer).map(({ href, label, icon: Icon }) => (
          <Link
            key={href}
            href={href}
            aria-current={isCurrent(pathname, href) ? "page" : undefined}
            className={cn(
              "relative inline-flex items-center gap-2 rounded-md px-3 text-sm font-medium text-muted-foreground transition-colors hover:text-foreground",
              "after:absolute after:inset-x-3 after:-bottom-px after:h-0.5 after:rounded-full after:bg-transparent",
              "focus-visible:-outline-offset-4 aria-[current=page]:text-foreground aria-[current=page]:after:bg-primary",
            )}
          >
            <Icon aria-hidden className="size-4" />
            {label}
          </Link>
        ))}
      </nav>
      <div className="ml-auto">
        <AccountMenu />
      </div>
    </header>
  );
}

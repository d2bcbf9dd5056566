"use client";

import { useAuthActions } from "@convex-dev/auth/react";
import { LogOut, Menu } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { DropdownMenu } from "radix-ui";
import { isCurrent, navigationItems } from "./navigationItems";
import { ThemeChoice } from "./ThemeChoice";
import { useViewer } from "./ViewerContext";

const ITEM_CLASSES =
  "flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-sm outline-none data-[highlighted]:bg-muted aria-[current=page]:font-medium aria-[current=page]:text-accent-foreground";

/** Who is signed in, the theme, and the way out; on phones the pages too. */
export function AccountMenu() {
  const viewer = useViewer();
  const pathname = usePathname();
  const router = useRouter();
  const { signOut } = useAuthActions();
  async function leave() {
    await signOut();
    router.replace("/sign-in");
  }
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        aria-label="Menu and account"
        className="inline-flex h-9 items-center gap-2 rounded-full border border-border bg-background px-2.5 text-sm text-muted-foreground transition-colors hover:text-foreground md:pr-3 md:pl-1"
      >
        <Menu aria-hidden className="size-4 md:hidden" />
        <span
          aria-hidden
          className="inline-flex size-7 items-center justify-center rounded-full bg-accent text-xs font-semibold text-accent-foreground uppercase max-md:hidden"
        >
          {viewer.email.charAt(0)}
        </span>
        <span className="max-w-48 truncate max-md:sr-only">{viewer.email}</span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Content
        align="end"
        sideOffset={8}
        collisionPadding={12}
        className="z-40 w-64 rounded-xl border border-border bg-popover p-1.5 text-popover-foreground shadow-float data-[state=open]:animate-[fade-in_100ms_ease-out]"
      >
        <DropdownMenu.Label className="px-2.5 pt-1.5 pb-2">
          <span className="block truncate text-sm font-medium">{viewer.email}</span>
          <span className="block text-xs text-muted-foreground capitalize">{viewer.role}</span>
        </DropdownMenu.Label>
        <DropdownMenu.Group className="border-t border-border py-1.5 md:hidden">
          {navigationItems(viewer).map(({ href, label, icon: Icon }) => (
            <DropdownMenu.Item key={href} asChild>
              <Link
                href={href}
                aria-current={isCurrent(pathname, href) ? "page" : undefined}
                className={ITEM_CLASSES}
              >
                <Icon aria-hidden className="size-4" />
                {label}
              </Link>
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Group>
        <ThemeChoice />
        <div className="border-t border-border pt-1.5">
          <DropdownMenu.Item className={ITEM_CLASSES} onSelect={() => void leave()}>
            <LogOut aria-hidden className="size-4" />
            Sign out
          </DropdownMenu.Item>
        </div>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

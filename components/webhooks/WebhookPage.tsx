"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { isAdministrator } from "@/components/layout/isAdministrator";
import { Page } from "@/components/layout/Page";
import { useViewer } from "@/components/layout/ViewerContext";
import { cn } from "@/components/ui/cn";
import { Notice } from "@/components/ui/Notice";

const SECTIONS = [
  { href: "/webhooks", label: "Webhooks" },
  { href: "/webhooks/events", label: "Events" },
  { href: "/webhooks/destinations", label: "Destinations" },
  { href: "/webhooks/deliveries", label: "Deliveries" },
];

/** The frame of the four pages about webhooks; they are for owners and admins. */
export function WebhookPage({
  description,
  action,
  children,
}: {
  description: string;
  action?: ReactNode;
  children: ReactNode;
}) {
  const pathname = usePathname();
  const { role } = useViewer();
  const isAllowed = isAdministrator({ role });
  return (
    <Page title="Webhooks" description={description} action={isAllowed ? action : undefined}>
      <nav aria-label="Webhooks" className="mb-5 flex overflow-x-auto border-b border-border sm:gap-1">
        {SECTIONS.map(({ href, label }) => (
          <Link
            key={href}
            href={href}
            aria-current={pathname === href ? "page" : undefined}
            className={cn(
              "-mb-px border-b-2 border-transparent px-1.5 py-2 text-sm font-medium whitespace-nowrap text-muted-foreground hover:text-foreground",
              "focus-visible:-outline-offset-2 sm:px-3 aria-[current=page]:border-primary aria-[current=page]:text-foreground",
            )}
          >
            {label}
          </Link>
        ))}
      </nav>
      {isAllowed ? children : <Notice>Webhooks are for owners and admins. Yours is the role {role}.</Notice>}
    </Page>
  );
}

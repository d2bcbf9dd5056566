import {
  ChartNoAxesColumn,
  KeyRound,
  type LucideIcon,
  MessageSquare,
  ScrollText,
  Settings,
  Sparkles,
  Wallet,
  Webhook,
} from "lucide-react";
import { isAdministrator } from "./isAdministrator";
import type { Viewer } from "./ViewerContext";

interface NavigationItem {
  href: string;
  label: string;
  icon: LucideIcon;
  isForAdministrators?: true;
}

const ITEMS: readonly NavigationItem[] = [
  { href: "/chat", label: "Chat", icon: MessageSquare },
  { href: "/keys", label: "Keys", icon: KeyRound },
  { href: "/usage", label: "Usage", icon: ChartNoAxesColumn },
  { href: "/ask", label: "Ask", icon: Sparkles },
  { href: "/webhooks", label: "Webhooks", icon: Webhook, isForAdministrators: true },
  { href: "/budgets", label: "Budgets", icon: Wallet, isForAdministrators: true },
  { href: "/audit", label: "Audit log", icon: ScrollText, isForAdministrators: true },
  { href: "/settings", label: "Settings", icon: Settings },
];

/** The pages that somebody's role is for. */
export function navigationItems(viewer: Viewer): readonly NavigationItem[] {
  return ITEMS.filter((item) => !item.isForAdministrators || isAdministrator(viewer));
}

export function isCurrent(pathname: string, href: string): boolean {
  return pathname === href || pathname.startsWith(`${href}/`);
}

import { ChartNoAxesColumn, KeyRound, type LucideIcon, MessageSquare, Sparkles } from "lucide-react";

export const navigationItems: ReadonlyArray<{ href: string; label: string; icon: LucideIcon }> = [
  { href: "/chat", label: "Chat", icon: MessageSquare },
  { href: "/keys", label: "Keys", icon: KeyRound },
  { href: "/usage", label: "Usage", icon: ChartNoAxesColumn },
  { href: "/ask", label: "Ask", icon: Sparkles },
];

export function isCurrent(pathname: string, href: string): boolean {
  return pathname === href || pathname.startsWith(`${href}/`);
}

import { convexAuthNextjsToken } from "@convex-dev/auth/nextjs/server";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { SignedInShell } from "@/components/layout/SignedInShell";

/** Spares a visitor without a session the wait; what grants access is the check in every Convex function. */
export default async function SignedInLayout({ children }: { children: ReactNode }) {
  if ((await convexAuthNextjsToken()) === undefined) redirect("/sign-in");
  return <SignedInShell>{children}</SignedInShell>;
}

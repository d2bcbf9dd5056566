import type { Metadata } from "next";
import { InviteScreen } from "@/components/auth/InviteScreen";

// The address is a credential: it must not reach another site as a referrer.
export const metadata: Metadata = { title: "Accept your invite", referrer: "no-referrer" };

export default async function InvitePage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  return <InviteScreen token={token} />;
}

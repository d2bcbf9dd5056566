import type { Metadata } from "next";
import { ResetScreen } from "@/components/auth/ResetScreen";

// The address is a credential: it must not reach another site as a referrer.
export const metadata: Metadata = { title: "Set another password", referrer: "no-referrer" };

export default async function ResetPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  return <ResetScreen token={token} />;
}

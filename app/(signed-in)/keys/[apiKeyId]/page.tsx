import type { Metadata } from "next";
import { KeyPanel } from "@/components/keys/KeyPanel";

export const metadata: Metadata = { title: "Key" };

export default async function KeyPage({ params }: { params: Promise<{ apiKeyId: string }> }) {
  const { apiKeyId } = await params;
  return <KeyPanel apiKeyId={apiKeyId} />;
}

import type { Metadata } from "next";
import { WebhooksPanel } from "@/components/webhooks/WebhooksPanel";

export const metadata: Metadata = { title: "Webhooks" };

export default function WebhooksPage() {
  return <WebhooksPanel />;
}

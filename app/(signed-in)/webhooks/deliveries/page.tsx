import type { Metadata } from "next";
import { DeliveriesPanel } from "@/components/webhooks/DeliveriesPanel";

export const metadata: Metadata = { title: "Deliveries" };

export default function DeliveriesPage() {
  return <DeliveriesPanel />;
}

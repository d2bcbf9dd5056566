import type { Metadata } from "next";
import { DestinationsPanel } from "@/components/webhooks/DestinationsPanel";

export const metadata: Metadata = { title: "Destinations" };

export default function DestinationsPage() {
  return <DestinationsPanel />;
}

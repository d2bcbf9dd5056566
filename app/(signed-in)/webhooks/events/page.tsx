import type { Metadata } from "next";
import { EventsPanel } from "@/components/webhooks/EventsPanel";

export const metadata: Metadata = { title: "Events" };

export default function EventsPage() {
  return <EventsPanel />;
}

import type { Metadata } from "next";
import { UsagePanel } from "@/components/usage/UsagePanel";

export const metadata: Metadata = { title: "Usage" };

export default function UsagePage() {
  return <UsagePanel />;
}

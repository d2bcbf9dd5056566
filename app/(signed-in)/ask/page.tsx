import type { Metadata } from "next";
import { AskPanel } from "@/components/ask/AskPanel";

export const metadata: Metadata = { title: "Ask" };

export default function AskPage() {
  return <AskPanel />;
}

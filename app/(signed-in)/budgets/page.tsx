import type { Metadata } from "next";
import { BudgetsPanel } from "@/components/budgets/BudgetsPanel";

export const metadata: Metadata = { title: "Budgets" };

export default function BudgetsPage() {
  return <BudgetsPanel />;
}

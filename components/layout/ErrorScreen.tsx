"use client";

import { CircleAlert } from "lucide-react";
import { Button } from "@/components/ui/Button";
import { EmptyState } from "@/components/ui/EmptyState";
import { errorText } from "@/components/ui/errorText";

/** Shown in place of a page that failed. */
export function ErrorScreen({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <EmptyState
      heading="h1"
      icon={CircleAlert}
      title="This page could not be shown"
      action={<Button onClick={onRetry}>Try again</Button>}
    >
      {errorText(error)}
    </EmptyState>
  );
}

"use client";

import { ErrorScreen } from "@/components/layout/ErrorScreen";

export default function ErrorPage({ error, reset }: { error: Error; reset: () => void }) {
  return (
    <main className="flex min-h-dvh items-center justify-center">
      <ErrorScreen error={error} onRetry={reset} />
    </main>
  );
}

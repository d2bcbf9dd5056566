"use client";

import { ErrorScreen } from "@/components/layout/ErrorScreen";

/** Keeps the header in place when a page's query fails. */
export default function SignedInErrorPage({ error, reset }: { error: Error; reset: () => void }) {
  return <ErrorScreen error={error} onRetry={reset} />;
}

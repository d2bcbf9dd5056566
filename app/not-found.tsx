import { Compass } from "lucide-react";
import type { Metadata } from "next";
import Link from "next/link";
import { ButtonLink } from "@/components/ui/Button";
import { EmptyState } from "@/components/ui/EmptyState";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <main className="flex min-h-dvh items-center justify-center">
      <EmptyState
        heading="h1"
        icon={Compass}
        title="There is no such page"
        action={
          <ButtonLink>
            <Link href="/">Go to the start</Link>
          </ButtonLink>
        }
      >
        The address may be mistyped, or what it pointed to was removed.
      </EmptyState>
    </main>
  );
}

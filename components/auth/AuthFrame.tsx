import type { ReactNode } from "react";
import { Brand } from "@/components/layout/Brand";

/** The frame of the pages for people who are not signed in. */
export function AuthFrame({
  title,
  description,
  children,
}: {
  title: string;
  description?: ReactNode;
  children: ReactNode;
}) {
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 pt-[14dvh] pb-12">
      <div className="w-full max-w-sm">
        <div className="mb-8 flex justify-center text-lg">
          <Brand />
        </div>
        <div className="rounded-2xl border border-border bg-card p-6 shadow-soft sm:p-7">
          <h1 className="text-lg font-semibold">{title}</h1>
          {description !== undefined && (
            <p className="mt-1 text-sm text-pretty text-muted-foreground">{description}</p>
          )}
          <div className="mt-5">{children}</div>
        </div>
      </div>
    </main>
  );
}

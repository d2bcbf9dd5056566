import { Spinner } from "@/components/ui/Spinner";
import { Brand } from "./Brand";

/** The frame while the session is being checked; the header has its final height. */
export function ShellSkeleton() {
  return (
    <div className="flex h-dvh flex-col">
      <header className="flex h-14 shrink-0 items-center border-b border-border bg-card px-4 sm:px-6">
        <Brand />
      </header>
      <main className="flex flex-1 items-center justify-center">
        <Spinner label="Signing in" className="size-5" />
      </main>
    </div>
  );
}

import type { ReactNode } from "react";
import { CodeBlock } from "@/components/ui/CodeBlock";
import { AuthFrame } from "./AuthFrame";

/** What a link that was used, has expired or is incomplete opens; `command` makes another one. */
export function LinkUnusable({
  title,
  description,
  command,
  children,
}: {
  title: string;
  description: string;
  command: string;
  children?: ReactNode;
}) {
  return (
    <AuthFrame title={title} description={description}>
      <p className="mb-2 text-sm">If you run the gateway, this prints a new link:</p>
      <CodeBlock label="the command" code={command} />
      {children}
    </AuthFrame>
  );
}

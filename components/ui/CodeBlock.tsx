import { CopyButton } from "./CopyButton";
import { cn } from "./cn";

/** Lines to copy: a command, a variable, a snippet. Long lines wrap unless `isWrapping` is false. */
export function CodeBlock({
  code,
  label,
  isWrapping = true,
  className,
}: {
  code: string;
  label: string;
  isWrapping?: boolean;
  className?: string;
}) {
  return (
    <div className={cn("relative rounded-lg border border-border bg-muted/60", className)}>
      <section
        aria-label={label}
        // A region that scrolls has to be reachable by keyboard.
        {...(isWrapping ? {} : { tabIndex: 0 })}
        className="overflow-x-auto rounded-lg py-3 pr-12 pl-3.5"
      >
        <pre
          className={cn(
            "font-mono text-[0.8125rem] leading-relaxed",
            isWrapping ? "whitespace-pre-wrap [overflow-wrap:anywhere]" : "w-max",
          )}
        >
          {code}
        </pre>
      </section>
      <CopyButton text={code} label={label} isCompact className="absolute top-1.5 right-1.5" />
    </div>
  );
}

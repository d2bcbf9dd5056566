import type { ComponentProps } from "react";
import type { ExtraProps } from "streamdown";
import { CopyButton } from "@/components/ui/CopyButton";

type CodeElement = NonNullable<ExtraProps["node"]>;

/** A code block of an answer. What is copied is the source between the fences, byte for byte. */
export function AnswerCode({ node }: ComponentProps<"pre"> & ExtraProps) {
  const code = node?.children.find((child) => child.type === "element");
  const source = code === undefined ? "" : codeSource(code);
  const language = code === undefined ? "" : codeLanguage(code);
  return (
    <figure className="overflow-hidden rounded-lg border border-border bg-muted/50">
      <figcaption className="flex h-9 items-center justify-between border-b border-border bg-muted/60 pr-1 pl-3.5 text-xs text-muted-foreground">
        <span className="font-mono">{language || "text"}</span>
        <CopyButton text={source} label="code" isCompact />
      </figcaption>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard.
        tabIndex={0}
        className="overflow-x-auto overflow-y-hidden px-3.5 py-3 font-mono text-[0.8125rem] leading-relaxed"
      >
        <code>{source}</code>
      </pre>
    </figure>
  );
}

/** Markdown's tree ends a block's text with one line break that is not part of the source. */
function codeSource(code: CodeElement): string {
  const text = code.children.map((child) => (child.type === "text" ? child.value : "")).join("");
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

function codeLanguage(code: CodeElement): string {
  const classes = Array.isArray(code.properties.className) ? code.properties.className : [];
  const language = classes.map(String).find((name) => name.startsWith("language-"));
  return language?.slice("language-".length) ?? "";
}

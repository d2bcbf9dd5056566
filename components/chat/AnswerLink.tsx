import type { ComponentProps } from "react";
import type { ExtraProps } from "streamdown";
import { isSafeHref } from "./markdownPlugins";

/** A link in an answer: to another site in a new tab, to a footnote in place, else only its words. */
export function AnswerLink({ node: _node, href = "", children, ...props }: ComponentProps<"a"> & ExtraProps) {
  if (!isSafeHref(href)) return <span>{children}</span>;
  if (href.startsWith("#")) {
    return (
      <a id={props.id} href={href} aria-label={props["aria-label"]}>
        {children}
      </a>
    );
  }
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

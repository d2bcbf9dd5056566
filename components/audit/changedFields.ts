type Fields = Readonly<Record<string, unknown>>;

export interface ChangedField {
  name: string;
  before: string;
  after: string;
}

/** The fields that a change touched, with their values as text; what was absent is a dash. Fields in fields have dots. */
export function changedFields(before: Fields = {}, after: Fields = {}): ChangedField[] {
  const [was, is] = [flat(before), flat(after)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((name) => ({ name, before: was.get(name) ?? "–", after: is.get(name) ?? "–" }))
    .filter((field) => field.before !== field.after);
}

function flat(fields: Fields, prefix = ""): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(fields)) {
    if (isFields(value)) {
      for (const [inner, text] of flat(value, `${prefix}${name}.`)) texts.set(inner, text);
    } else {
      texts.set(prefix + name, text(name, value));
    }
  }
  return texts;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(name: string, value: unknown): string {
  if (name.endsWith("At") && typeof value === "number") return new Date(value).toISOString();
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * The containers and files that a part of an answer names: objects that Claude made for this caller, who may name
 * them in later requests.
 */
export function namedObjects(value: unknown): string[] {
  const ids = new Set<string>();
  visit(value, ids);
  return [...ids];
}

const CONTAINER = "container";

function visit(value: unknown, ids: Set<string>): void {
  if (typeof value !== "object" || value === null) {
    return;
  }
  for (const [name, item] of Object.entries(value)) {
    if (name === "file_id" && typeof item === "string") {
      ids.add(item);
    } else if (name === CONTAINER && isNamed(item)) {
      ids.add(item.id);
    } else {
      visit(item, ids);
    }
  }
}

function isNamed(value: unknown): value is { id: string } {
  return typeof value === "object" && value !== null && "id" in value && typeof value.id === "string";
}

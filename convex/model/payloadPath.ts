/** One step of a path: a field's name or an element's index. */
export type PathStep = string | number;

export type Found = { isFound: true; value: unknown } | { isFound: false };

const STEP = /\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** Reads `payload.issue.labels[0].name` or `payload["odd name"]`; null when it is not a path. */
export function parsePath(text: string): PathStep[] | null {
  const steps: PathStep[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const start = STEP.lastIndex;
    const match = STEP.exec(text);
    if (match === null || (steps.length === 0) !== (match[1] !== undefined && text[start] !== ".")) {
      return null;
    }
    const [, name, index, quoted] = match;
    const step = name ?? (index === undefined ? unquoted(quoted ?? "") : Number(index));
    if (step === null) {
      return null;
    }
    steps.push(step);
  }
  return steps.length > 0 ? steps : null;
}

function unquoted(text: string): string | null {
  try {
    return JSON.parse(`"${text}"`);
  } catch {
    return null;
  }
}

/** The value at a path; only what the data itself holds counts, never what a prototype has. */
export function valueAt(root: unknown, path: readonly PathStep[]): Found {
  let value = root;
  for (const step of path) {
    const isReachable =
      typeof value === "object" &&
      value !== null &&
      Array.isArray(value) === (typeof step === "number") &&
      Object.hasOwn(value, step);
    if (!isReachable) {
      return { isFound: false };
    }
    value = Reflect.get(Object(value), step);
  }
  return { isFound: true, value };
}

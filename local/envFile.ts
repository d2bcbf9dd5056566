import { readFile, writeFile } from "node:fs/promises";

export type Variables = Readonly<Record<string, string>>;

/** Reads a file of `NAME=value` lines; a missing file is an empty one. */
export async function readEnvFile(path: string): Promise<Variables> {
  return parseEnv(await readFile(path, "utf8").catch(() => ""));
}

/** Parses `NAME=value` lines: comments, `export`, and single, double or no quotes, as dotenv does. */
export function parseEnv(text: string): Variables {
  const variables: Record<string, string> = {};
  const line =
    /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:'((?:\\'|[^'])*)'|"((?:\\"|[^"])*)"|`((?:\\`|[^`])*)`|([^#\r\n]*))?/gm;
  for (const [, name, single, double, back, bare] of text.matchAll(line)) {
    if (name === undefined) continue;
    const escaped = double?.replace(/\\n/g, "\n").replace(/\\r/g, "\r");
    variables[name] = single ?? escaped ?? back ?? bare?.trim() ?? "";
  }
  return variables;
}

/**
 * The text of an env file with some variables set: their lines are replaced in place, new ones are appended under
 * `comment`, and every other line stays as it is.
 */
export function setInEnvText(text: string, variables: Variables, comment: string): string {
  let result = text;
  const added: string[] = [];
  for (const [name, value] of Object.entries(variables)) {
    const line = new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=.*$`, "m");
    if (line.test(result)) result = result.replace(line, () => `${name}=${value}`);
    else added.push(`${name}=${value}`);
  }
  if (added.length === 0) return result;
  const separator = result === "" ? "" : result.endsWith("\n") ? "\n" : "\n\n";
  return `${result}${separator}# ${comment}\n${added.join("\n")}\n`;
}

/** Sets variables in an env file (made if missing, readable by its owner only); writes only when something changes. */
export async function updateEnvFile(path: string, variables: Variables, comment: string): Promise<void> {
  const before = await readFile(path, "utf8").catch(() => "");
  const after = setInEnvText(before, variables, comment);
  if (after !== before) await writeFile(path, after, { mode: 0o600 });
}

import { join } from "node:path";
import { readEnvFile } from "../envFile.ts";

/** Where an ANTHROPIC_API_KEY was found that Convex functions cannot see, and the shell expression that reads it. */
export interface FoundKey {
  readonly place: string;
  readonly expression: string;
}

/** Looks in the shell, `.env.local` and `.env`; the simulated Claude's key does not count. */
export async function keyOnThisComputer(
  root: string,
  shellKey: string | undefined,
): Promise<FoundKey | null> {
  if (isKey(shellKey)) return { place: "your shell", expression: '"$ANTHROPIC_API_KEY"' };
  for (const file of [".env.local", ".env"]) {
    const variables = await readEnvFile(join(root, file));
    if (!isKey(variables.ANTHROPIC_API_KEY)) continue;
    const expression = `"$(node --env-file=${file} -p process.env.ANTHROPIC_API_KEY)"`;
    return { place: file, expression };
  }
  return null;
}

function isKey(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "simulated";
}

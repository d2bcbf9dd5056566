import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { ConvexCli } from "../ConvexCli.ts";
import type { Check } from "./Check.ts";

const NAME = "functions";
const SHOWN_MAX = 5;
const vPush = z.object({
  appDefinition: z.object({ changedModules: z.array(z.object({ path: z.string() })) }),
});

/** Whether the deployment runs exactly the functions of this checkout: the CLI prepares a push and tells what it would change. */
export async function checkFunctions(
  cli: ConvexCli,
  pushArgs: readonly string[] | null,
  command: string,
): Promise<Check> {
  if (pushArgs === null) {
    const detail = `Whether its functions are those of this checkout was not looked at: \`${command}\` pushes what differs.`;
    return { name: NAME, ok: true, detail };
  }
  const directory = await mkdtemp(join(tmpdir(), "doctor-push-"));
  try {
    const flags = ["--codegen", "disable", "--typecheck", "disable", "--write-push-request"];
    await cli.run([...pushArgs, ...flags, join(directory, "push")]);
    const push = vPush.parse(JSON.parse(await readFile(join(directory, "push.json"), "utf8")));
    const changed = push.appDefinition.changedModules.map(({ path }) => path.replace(/\.js$/, ".ts"));
    if (changed.length === 0) {
      return { name: NAME, ok: true, detail: "The deployment runs the functions of this checkout." };
    }
    const more = changed.length > SHOWN_MAX ? ` and ${changed.length - SHOWN_MAX} more` : "";
    const detail = `The deployment's functions differ from this checkout: ${changed.slice(0, SHOWN_MAX).join(", ")}${more}.`;
    return { name: NAME, ok: false, detail, command };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

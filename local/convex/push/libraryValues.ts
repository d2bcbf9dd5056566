import { editParts } from "./editParts.ts";
import type { ModuleSource } from "./pushRequest.ts";

const CONVEX = /(?:^|\/)node_modules\/convex\/dist\/\w+\/(\S+)$/;

/**
 * The sources of a push, in which `convex/server` and the host give each other values and not JSON text: both are in one process
 * here, and writing and reading the text was a tenth of a request's CPU. The library still copies everything on its way into
 * and out of user code (`jsonToConvex`, `convexToJson`). A library that looks otherwise stays as it is: the host takes text too.
 */
export function withLibraryValues(modules: readonly ModuleSource[]): ModuleSource[] {
  return modules.map((module) => ({
    ...module,
    source: editParts(module.source, (part, file) => edits[CONVEX.exec(file)?.[1] ?? ""]?.(part) ?? part),
  }));
}

/** By file of the library; names may be minified or not. Line numbers hold. */
const edits: Record<string, (part: string) => string> = {
  "server/impl/syscall.js": (part) => part.replace(SYSCALL, "$1$2$3$4"),
  "server/impl/registration_impl.js": (part) =>
    part.replace(ARGUMENTS, "$1$2.passed ?? JSON.parse($2)$3").replace(RESULT, "({ passed: $1 })"),
  "values/value.js": (part) => part.replace(TO_CONVEX, toConvexByName).replace(TO_JSON, toJsonByName),
};

/** `performSyscall` and `performAsyncSyscall`: the argument goes to the host, and its answer comes back, as text. */
const SYSCALL = /(\bConvex\.\w+\(\w+, )JSON\.stringify\((\w+)\)(\);.{0,500}?\breturn )JSON\.parse\((\w+)\)/gs;
/** `invokeQuery`, `invokeMutation` and `invokeAction`: so do the arguments and the result of a function. */
const ARGUMENTS = /(\b\w+\()JSON\.parse\((\w+)\)(\))/g;
const RESULT = /\bJSON\.stringify\((\w+\((\w+) === void 0 \? null : \2\))\)/g;

/**
 * `jsonToConvex` and `convexToJsonInternal` make a pair of each field, twice or to sort them: a quarter of all that a request
 * allocates. Names alone do.
 */
const TO_CONVEX =
  /Object\.entries\((\w+)\)(;\s+if \((\w+)\.length === 1\) \{\s+\w+ \w+ = \3\[0\])\[0\](.+?)for \(\w+ \[(\w+), (\w+)\] of Object\.entries\(\1\)\)/s;
const TO_JSON =
  /Object\.entries\((\w+)\);\s+(\w+)\.sort\(\s*\(\[[^;]+\);\s+for \(\w+ \[(\w+), (\w+)\] of \2\)/;

function toConvexByName(
  _: string,
  ...[object = "", before, names = "", between, name = "", value = ""]: string[]
): string {
  return `Object.keys(${object})${before}${between}${forEachField({ object, names, name, value })}`;
}

function toJsonByName(
  replaced: string,
  ...[object = "", names = "", name = "", value = ""]: string[]
): string {
  const lines = "\n".repeat(replaced.split("\n").length - 1);
  return `Object.keys(${object}).sort();${lines}${forEachField({ object, names, name, value })}`;
}

function forEachField(loop: { object: string; names: string; name: string; value: string }): string {
  const { object, names, name, value } = loop;
  const next = `(${value} = ${object}[${name} = ${names}[$field]], true)`;
  return `for (let $field = 0, ${name}, ${value}; $field < ${names}.length && ${next}; $field++)`;
}

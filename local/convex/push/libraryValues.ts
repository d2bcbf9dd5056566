import type { ModuleSource } from "./pushRequest.ts";

/** The comment that esbuild writes above what came from a file. */
const ORIGIN = /^\/\/ (\S+\.\w+)$/gm;
const CONVEX_SERVER = /node_modules\/convex\/dist\/\w+\/server\/impl\//;

/** `performAsyncSyscall`: the argument goes to the host, and its answer comes back, as text. */
const SYSCALL =
  /(await Convex\.asyncSyscall\(\w+, )JSON\.stringify\((\w+)\)(\);.{0,500}?\breturn )JSON\.parse\((\w+)\)/s;
/** `invokeQuery`, `invokeMutation` and `invokeAction`: so do the arguments and the result of a function. */
const ARGUMENTS = /(\b\w+\()JSON\.parse\((\w+)\)(\))/g;
const RESULT = /\bJSON\.stringify\((\w+\((\w+) === void 0 \? null : \2\))\)/g;

/**
 * The sources of a push, in which `convex/server` and the host give each other values and not JSON text: both are in one process
 * here, and writing and reading the text was a tenth of a request's CPU. The library still copies everything on its way into
 * and out of user code (`jsonToConvex`, `convexToJson`). A library that looks otherwise stays as it is: the host takes text too.
 */
export function withLibraryValues(modules: readonly ModuleSource[]): ModuleSource[] {
  return modules.map((module) => {
    const origins = [...module.source.matchAll(ORIGIN)];
    let source = module.source.slice(0, origins[0]?.index);
    for (const [position, { 1: file = "", index }] of origins.entries()) {
      const part = module.source.slice(index, origins[position + 1]?.index);
      source += CONVEX_SERVER.test(file) ? withValues(part, file) : part;
    }
    return { ...module, source };
  });
}

/** Line numbers hold. */
function withValues(part: string, file: string): string {
  if (file.endsWith("/syscall.js")) return part.replace(SYSCALL, "$1$2$3$4");
  if (!file.endsWith("/registration_impl.js")) return part;
  return part.replace(ARGUMENTS, "$1$2.passed ?? JSON.parse($2)$3").replace(RESULT, "({ passed: $1 })");
}

/** The comment that esbuild writes above what came from a file. */
const ORIGIN = /^\/\/ (\S+\.\w+)$/gm;

/** A bundled module with each part edited by what came from its file. What stands above the first part stays. */
export function editParts(source: string, edit: (part: string, file: string) => string): string {
  const origins = [...source.matchAll(ORIGIN)];
  let edited = source.slice(0, origins[0]?.index);
  for (const [position, { 1: file = "", index }] of origins.entries()) {
    edited += edit(source.slice(index, origins[position + 1]?.index), file);
  }
  return edited;
}

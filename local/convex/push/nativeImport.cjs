// Node's own import(), also where the importing TypeScript runs under a loader that replaces it (vitest).
exports.nativeImport = (url) => import(url);

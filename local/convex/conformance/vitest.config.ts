import { defineConfig } from "vitest/config";

/** All files share one deployment, so they run one after another; `startTarget.ts` starts it or takes the one named. */
export default defineConfig({
  test: {
    include: ["local/convex/conformance/**/*.test.ts"],
    globalSetup: ["local/convex/conformance/startTarget.ts"],
    fileParallelism: false,
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    reporters: process.env.CI ? ["default"] : ["dot"],
  },
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["convex/**/*.test.ts", "local/**/*.test.ts", "components/**/*.test.ts", "bench/**/*.test.ts"],
    exclude: ["local/convex/conformance/**"],
    testTimeout: 20_000,
    // Of two processors, the default leaves one idle.
    maxWorkers: "100%",
    reporters: process.env.CI ? ["default"] : ["dot"],
  },
});

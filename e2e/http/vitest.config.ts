import { defineConfig } from "vitest/config";

/** One deployment for all files; `GATEWAY_TEST_FULL=1` adds the long figures. */
export default defineConfig({
  test: {
    include: ["e2e/http/**/*.test.ts"],
    globalSetup: ["e2e/http/globalSetup.ts"],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    reporters: process.env.CI ? ["default"] : ["dot"],
  },
});

import { defineConfig } from "vitest/config";

/**
 * One at a time: figures of time or load, changes of a variable of the deployment that all share, and sign-ins, whose
 * password hash has to fit into the second that a mutation may take.
 */
const ALONE = [
  "accounts",
  "chat",
  "disconnect",
  "gatewayLimits",
  "isolation",
  "people",
  "retry",
  "webhookLoad",
].map((name) => `e2e/http/${name}.test.ts`);
const timeouts = { testTimeout: 30_000, hookTimeout: 120_000 };

/** One deployment for all files that start none; `GATEWAY_TEST_FULL=1` adds the long figures. */
export default defineConfig({
  test: {
    globalSetup: ["e2e/http/globalSetup.ts"],
    reporters: process.env.CI ? ["default"] : ["dot"],
    projects: [
      {
        test: {
          ...{ name: "together", include: ["e2e/http/**/*.test.ts"], exclude: ALONE, ...timeouts },
          ...{ maxWorkers: 2, sequence: { groupOrder: 0 } },
        },
      },
      {
        test: {
          ...{ name: "alone", include: ALONE, ...timeouts },
          ...{ maxWorkers: 1, sequence: { groupOrder: 1 } },
        },
      },
    ],
  },
});

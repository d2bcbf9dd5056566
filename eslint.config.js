// Only what biome cannot check: Convex's rules, floating promises, size budgets and import directions.
import convexPlugin from "@convex-dev/eslint-plugin";
import tseslint from "typescript-eslint";

/** Forbids imports by pattern, with the sentence of AGENTS.md that explains why. */
function forbid(files, group, message) {
  return { files, rules: { "no-restricted-imports": ["error", { patterns: [{ group, message }] }] } };
}

const SECRET_NAME = "/([sS]ecret|[sS]ignature|[tT]oken|[hH]mac)$/";
/** A comparison with === ends at the first byte that differs, and so tells how much of a guess was right. */
const SECRET_COMPARISONS = ["left", "right"].flatMap((side) =>
  ["name", "property.name"].map((name) => ({
    selector: `BinaryExpression[operator=/^[!=]==?$/][${side}.${name}=${SECRET_NAME}]:not(:has(> Literal, > Identifier[name='undefined']))`,
    message: "compare secrets in constant time: isAnyOf, isSignedByAny",
  })),
);

export default tseslint.config(
  { ignores: ["**/node_modules/**", ".next/**", ".data*/**", "convex/_generated/**", "next-env.d.ts"] },
  {
    files: ["**/*.ts", "**/*.tsx"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: {
        project: ["./tsconfig.json", "./convex/tsconfig.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { "@typescript-eslint": tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "max-lines": ["error", { max: 400 }],
    },
  },
  {
    files: ["**/*.ts"],
    ignores: ["**/*.test.ts", "e2e/**"],
    rules: { "max-lines-per-function": ["error", { max: 80 }], "max-depth": ["error", 4] },
  },
  {
    files: ["convex/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: { "no-restricted-syntax": ["error", ...SECRET_COMPARISONS] },
  },
  ...convexPlugin.configs.recommended.map((config) => ({ ...config, files: ["convex/**/*.ts"] })),
  forbid(
    ["app/**", "components/**"],
    ["**/convex/*", "!**/convex/_generated", "**/local/**"],
    "app and components see convex/_generated only",
  ),
  forbid(["components/**"], ["@/app/*", "**/app/*"], "components do not import pages"),
  forbid(["convex/gateway/**"], ["**/local/**", "**/components/**"], "the gateway is HTTP only"),
  forbid(
    ["convex/model/**"],
    ["**/gateway/*", "**/_generated/server", "**/_generated/api"],
    "model is plain TypeScript",
  ),
  forbid(
    ["local/convex/**"],
    [
      "**/convex/_generated/**",
      "**/convex/model/**",
      "**/convex/gateway/**",
      "**/claude/**",
      "**/components/**",
      "@/*",
    ],
    "local/convex knows nothing of our product",
  ),
  forbid(
    ["local/claude/**"],
    ["**/convex/**", "**/components/**", "@/*"],
    "local/claude knows nothing of our product",
  ),
);

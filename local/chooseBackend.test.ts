import { expect, it } from "vitest";
import { chooseBackend } from "./chooseBackend.ts";

const ours = {
  CONVEX_SELF_HOSTED_URL: "http://127.0.0.1:3210",
  CONVEX_SELF_HOSTED_ADMIN_KEY: "embedded|abc",
};
const theirs = {
  CONVEX_SELF_HOSTED_URL: "https://convex.example.com/",
  CONVEX_SELF_HOSTED_ADMIN_KEY: "convex|abc",
};

it("nothing, or what an earlier start wrote, means the embedded deployment", () => {
  expect(chooseBackend({})).toEqual({ kind: "embedded" });
  expect(chooseBackend(ours)).toEqual({ kind: "embedded" });
});

it("a configured development deployment is used", () => {
  expect(chooseBackend(theirs)).toEqual({
    kind: "selfHosted",
    url: "https://convex.example.com",
    adminKey: "convex|abc",
  });
  expect(chooseBackend({ CONVEX_DEPLOYMENT: "dev:happy-animal-1" })).toMatchObject({ kind: "cloud" });
});

it("production is refused with the command that deploys to it", () => {
  expect(() => chooseBackend({ CONVEX_DEPLOYMENT: "prod:x" })).toThrow("npx convex deploy");
  expect(() => chooseBackend({ CONVEX_DEPLOY_KEY: "prod:x|y" })).toThrow("npx convex deploy");
});

it("half a configuration, or two, is refused", () => {
  expect(() => chooseBackend({ CONVEX_SELF_HOSTED_URL: "http://x" })).toThrow("CONVEX_SELF_HOSTED_ADMIN_KEY");
  expect(() => chooseBackend({ CONVEX_SELF_HOSTED_ADMIN_KEY: "x|y" })).toThrow("CONVEX_SELF_HOSTED_URL");
  expect(() => chooseBackend({ ...theirs, CONVEX_DEPLOYMENT: "dev:x" })).toThrow("both set");
  expect(() => chooseBackend({ ...ours, CONVEX_DEPLOYMENT: "dev:x" })).toThrow("still names the embedded");
});

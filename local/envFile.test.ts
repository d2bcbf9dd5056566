import { expect, it } from "vitest";
import { parseEnv, setInEnvText } from "./envFile.ts";

it("reads comments, quotes, exports and values with equal signs as dotenv does", () => {
  const text = `# a comment\nA=1\nexport B = two words # note\nC="x#y\\nz"\nD='it "is"'\nE=\nF=a=b\n`;
  expect(parseEnv(text)).toEqual({ A: "1", B: "two words", C: "x#y\nz", D: 'it "is"', E: "", F: "a=b" });
});

it("replaces a variable in place, appends the missing ones, and keeps every other line", () => {
  const before = "# mine\nKEEP=$1 $& kept\nURL=old # old note\n";
  const after = setInEnvText(before, { URL: "new$&", KEY: "embedded|1" }, "why");
  expect(after).toBe("# mine\nKEEP=$1 $& kept\nURL=new$&\n\n# why\nKEY=embedded|1\n");
  expect(setInEnvText(after, { URL: "new$&", KEY: "embedded|1" }, "why")).toBe(after);
  expect(setInEnvText("", { A: "1" }, "why")).toBe("# why\nA=1\n");
});

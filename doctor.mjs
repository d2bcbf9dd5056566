// Free of dependencies: installs them if needed, then runs local/doctor/main.ts in this same process.
import { installIfNeeded, nodeProblem } from "./local/installIfNeeded.mjs";

const problem = nodeProblem();
if (problem === null) {
  await installIfNeeded();
  const { register } = await import("tsx/esm/api");
  register();
  await import("./local/doctor/main.ts");
} else {
  const isJson = process.argv.includes("--json");
  console.log(isJson ? JSON.stringify([problem], null, 2) : `✗ ${problem.detail}\n    ${problem.command}`);
  process.exitCode = 1;
}

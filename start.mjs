// Free of dependencies: installs them if needed, then runs local/start.ts in this same process.
import { installIfNeeded } from "./local/installIfNeeded.mjs";

await installIfNeeded();
const { register } = await import("tsx/esm/api");
register();
await import("./local/start.ts");

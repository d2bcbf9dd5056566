import { SystemError } from "../host/systemError.ts";
import type { KillSwitch } from "./killSwitch.ts";

/** Rejects as soon as the action is killed; what it then still does reaches nothing. */
export function unlessKilled<T>(killSwitch: KillSwitch | null, run: () => Promise<T>): Promise<T> {
  if (killSwitch === null) return run();
  const killed = killSwitch.killed.then(() => {
    throw actionWasKilled();
  });
  return killSwitch.isKilled ? killed : Promise.race([killed, run()]);
}

function actionWasKilled(): SystemError {
  return new SystemError(500, "InternalServerError", "Your request couldn't be completed. Try again later.");
}

import type { Viewer } from "./ViewerContext";

/** Whether somebody sees the pages of owners and admins; the functions behind them check for themselves. */
export function isAdministrator({ role }: Pick<Viewer, "role">): boolean {
  return role === "owner" || role === "admin";
}

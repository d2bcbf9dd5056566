import type { Role } from "./validators";

const RANK: Record<Role, number> = { viewer: 0, member: 1, admin: 2, owner: 3 };

/** Whether a role includes the rights of another: viewer < member < admin < owner. */
export function hasRole(role: Role, minimumRole: Role): boolean {
  return RANK[role] >= RANK[minimumRole];
}

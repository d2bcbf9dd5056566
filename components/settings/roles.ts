export type Role = "owner" | "admin" | "member" | "viewer";

/** What each role is for, from the most to the least it may do. */
export const ROLES: ReadonlyArray<{ role: Role; label: string; description: string }> = [
  { role: "owner", label: "Owner", description: "Everything, members and settings included." },
  { role: "admin", label: "Admin", description: "Everybody’s keys, budgets, webhooks and requests." },
  { role: "member", label: "Member", description: "Own chats, keys and usage." },
  { role: "viewer", label: "Viewer", description: "Everybody’s usage, read-only. No keys." },
];

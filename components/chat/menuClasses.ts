export const MENU_CLASSES =
  "z-40 rounded-xl border border-border bg-popover p-1.5 text-popover-foreground shadow-float data-[state=open]:animate-[fade-in_100ms_ease-out]";

export const MENU_ITEM_CLASSES =
  "flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-sm outline-none data-[highlighted]:bg-muted";

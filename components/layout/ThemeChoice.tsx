"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import { DropdownMenu } from "radix-ui";

const THEMES = [
  { value: "light", label: "Light", icon: Sun },
  { value: "system", label: "System", icon: Monitor },
  { value: "dark", label: "Dark", icon: Moon },
] as const;

/** Light, dark, or what the system says; a part of the account menu. */
export function ThemeChoice() {
  const { theme = "system", setTheme } = useTheme();
  return (
    <div className="border-t border-border px-1 py-2">
      <DropdownMenu.Label className="px-1.5 pb-1.5 text-xs text-muted-foreground">Theme</DropdownMenu.Label>
      <DropdownMenu.RadioGroup
        aria-label="Theme"
        value={theme}
        onValueChange={setTheme}
        className="grid grid-cols-3 gap-1 rounded-lg bg-muted p-1"
      >
        {THEMES.map(({ value, label, icon: Icon }) => (
          <DropdownMenu.RadioItem
            key={value}
            value={value}
            onSelect={(event) => event.preventDefault()}
            className="inline-flex h-8 cursor-pointer items-center justify-center gap-1.5 rounded-md text-xs font-medium text-muted-foreground outline-none data-[highlighted]:text-foreground data-[highlighted]:ring-1 data-[highlighted]:ring-input data-[state=checked]:bg-card data-[state=checked]:text-foreground data-[state=checked]:shadow-soft"
          >
            <Icon aria-hidden className="size-3.5" />
            {label}
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
    </div>
  );
}

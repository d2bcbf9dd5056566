"use client";

import { useQuery } from "convex/react";
import { Check, ChevronDown } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { formatCountShort } from "@/components/ui/format/formatCount";
import { formatPicoUsdPerToken } from "@/components/ui/format/formatNanoUsd";
import { api } from "@/convex/_generated/api";
import { MENU_CLASSES } from "./menuClasses";

/** Which model answers next, with what it costs per million tokens. */
export function ModelPicker({ model, onChange }: { model: string; onChange: (model: string) => void }) {
  const models = useQuery(api.models.list) ?? [];
  const name = models.find(({ id }) => id === model)?.displayName ?? model;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        aria-label={`Model: ${name}`}
        className="inline-flex h-8 min-w-0 items-center gap-1 rounded-md px-2 text-[0.8125rem] font-medium text-muted-foreground transition-colors hover:bg-muted hover:text-foreground"
      >
        <span className="truncate">{name}</span>
        <ChevronDown aria-hidden className="size-3.5 shrink-0" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="start"
          side="top"
          sideOffset={8}
          collisionPadding={12}
          className={`${MENU_CLASSES} max-h-[min(26rem,var(--radix-dropdown-menu-content-available-height))] w-[min(22rem,calc(100vw-1.5rem))] overflow-y-auto`}
        >
          <DropdownMenu.Label className="px-2.5 pt-1.5 pb-1 text-xs text-muted-foreground">
            Dollars per million tokens
          </DropdownMenu.Label>
          <DropdownMenu.RadioGroup aria-label="Model" value={model} onValueChange={onChange}>
            {models.map((option) => (
              <DropdownMenu.RadioItem
                key={option.id}
                value={option.id}
                className="flex cursor-pointer items-center gap-2 rounded-md px-2.5 py-2 outline-none data-[highlighted]:bg-muted"
              >
                <span className="min-w-0 flex-1">
                  <span className="block truncate text-sm font-medium">{option.displayName}</span>
                  <span className="block text-xs text-muted-foreground tabular-nums">
                    {formatPicoUsdPerToken(option.inputPicoUsdPerToken)} in ·{" "}
                    {formatPicoUsdPerToken(option.outputPicoUsdPerToken)} out ·{" "}
                    {formatCountShort(option.contextTokens)} context
                  </span>
                </span>
                <DropdownMenu.ItemIndicator>
                  <Check aria-hidden className="size-4 text-primary" />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

"use client";

import { useQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { Check, ChevronDown } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { cn } from "@/components/ui/cn";
import { formatCountShort } from "@/components/ui/format/formatCount";
import { formatPicoUsdPerToken } from "@/components/ui/format/formatNanoUsd";
import { api } from "@/convex/_generated/api";
import { MENU_CLASSES } from "./menuClasses";

type ModelPickerProps = { model: string | null; onChange: (model: string) => void };

/** Which model answers next, with what it costs per million tokens. */
export function ModelPicker({ model, onChange }: ModelPickerProps) {
  const models = useQuery(api.models.list) ?? [];
  const name = models.find(({ id }) => id === model)?.displayName ?? model ?? "Model";
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        aria-label={model === null ? "Model" : `Model: ${name}`}
        className="inline-flex h-8 min-w-0 items-center gap-1 rounded-md px-2 text-[0.8125rem] font-medium text-muted-foreground transition-colors hover:bg-muted hover:text-foreground"
      >
        <span className="truncate">{name}</span>
        <ChevronDown aria-hidden className="size-3.5 shrink-0" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Content
        align="start"
        side="top"
        sideOffset={8}
        collisionPadding={12}
        className={cn(MENU_CLASSES, "w-[min(22rem,calc(100vw-1.5rem))]")}
      >
        <DropdownMenu.Label className="px-2.5 pt-1.5 pb-1 text-xs text-muted-foreground">
          Dollars per million tokens
        </DropdownMenu.Label>
        <DropdownMenu.RadioGroup
          aria-label="Model"
          value={model ?? ""}
          onValueChange={onChange}
          tabIndex={0}
          className="max-h-[min(24rem,calc(var(--radix-dropdown-menu-content-available-height)-3rem))] overflow-y-auto outline-none"
        >
          {models.map((option) => (
            <ModelItem key={option.id} model={option} />
          ))}
        </DropdownMenu.RadioGroup>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

function ModelItem({ model }: { model: FunctionReturnType<typeof api.models.list>[number] }) {
  return (
    <DropdownMenu.RadioItem
      value={model.id}
      className="flex cursor-pointer items-center gap-2 rounded-md px-2.5 py-2 outline-none data-[highlighted]:bg-muted"
    >
      <span className="min-w-0 flex-1">
        <span className="block truncate text-sm font-medium">{model.displayName}</span>
        <span className="block text-xs text-muted-foreground tabular-nums">
          {formatPicoUsdPerToken(model.inputPicoUsdPerToken)} in ·{" "}
          {formatPicoUsdPerToken(model.outputPicoUsdPerToken)} out · {formatCountShort(model.contextTokens)}{" "}
          context
        </span>
      </span>
      <DropdownMenu.ItemIndicator>
        <Check aria-hidden className="size-4 text-primary" />
      </DropdownMenu.ItemIndicator>
    </DropdownMenu.RadioItem>
  );
}

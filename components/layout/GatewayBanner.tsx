"use client";

import { useQuery } from "convex/react";
import { ChevronDown, FlaskConical, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { CodeBlock } from "@/components/ui/CodeBlock";
import { cn } from "@/components/ui/cn";
import { InlineCode } from "@/components/ui/InlineCode";
import { api } from "@/convex/_generated/api";

const SET_KEY = "npx convex env set ANTHROPIC_API_KEY sk-ant-…";
const REMOVE_BASE_URL = "npx convex env remove ANTHROPIC_BASE_URL";

/** Says that no real model answers, or that none can, with the commands that change it. */
export function GatewayBanner() {
  const settings = useQuery(api.settings.get);
  if (settings === undefined) return null;
  if (settings.isSimulated) {
    return (
      <Banner
        tone="warning"
        summary="Simulated Claude: no real model answers."
        action="Use a real key"
        commands={`${SET_KEY}\n${REMOVE_BASE_URL}`}
      >
        Give the deployment your key and let it reach Anthropic again:
      </Banner>
    );
  }
  if (!settings.hasApiKey) {
    return (
      <Banner
        tone="danger"
        summary="No Anthropic key: every request fails."
        action="Set the key"
        commands={SET_KEY}
      >
        The deployment has no variable <InlineCode>ANTHROPIC_API_KEY</InlineCode>. Variables of your shell or
        of <InlineCode>.env.local</InlineCode> do not reach Convex functions; this command does:
      </Banner>
    );
  }
  return null;
}

function Banner({
  tone,
  summary,
  action,
  commands,
  children,
}: {
  tone: "warning" | "danger";
  summary: string;
  action: string;
  commands: string;
  children: ReactNode;
}) {
  const Icon = tone === "warning" ? FlaskConical : TriangleAlert;
  return (
    <aside
      aria-label={summary}
      className={cn(
        "shrink-0 border-b border-border text-sm",
        tone === "warning" ? "bg-warning-soft" : "bg-danger-soft",
      )}
    >
      <details className="group px-4 sm:px-6">
        <summary className="flex list-none flex-wrap items-center gap-x-2.5 gap-y-0.5 rounded-md py-2 [&::-webkit-details-marker]:hidden">
          <Icon
            aria-hidden
            className={cn("size-4 shrink-0", tone === "warning" ? "text-warning" : "text-destructive")}
          />
          <span className="font-medium">{summary}</span>
          <span className="inline-flex items-center gap-1 underline decoration-current/40 underline-offset-4">
            {action}
            <ChevronDown aria-hidden className="size-3.5 transition-transform group-open:rotate-180" />
          </span>
        </summary>
        <div className="max-w-2xl pt-1 pb-4">
          <p className="mb-2">{children}</p>
          <CodeBlock code={commands} label="the commands" className="bg-card" />
        </div>
      </details>
    </aside>
  );
}

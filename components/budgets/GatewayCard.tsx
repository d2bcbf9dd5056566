"use client";

import { useAction, useMutation } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { useState } from "react";
import { toast } from "sonner";
import { LimitsDialog } from "@/components/limits/LimitsDialog";
import { limitsText } from "@/components/limits/limitsText";
import { SpendWindows } from "@/components/limits/SpendWindows";
import { Button } from "@/components/ui/Button";
import { ConfirmDialog } from "@/components/ui/ConfirmDialog";
import { errorText } from "@/components/ui/errorText";
import { formatTime } from "@/components/ui/format/formatTime";
import { Notice } from "@/components/ui/Notice";
import { TitledCard } from "@/components/ui/TitledCard";
import { api } from "@/convex/_generated/api";

type Gateway = FunctionReturnType<typeof api.budgets.list>["gateway"];

/** The gateway's limits, what is used of them, and its kill switch. */
export function GatewayCard({ gateway }: { gateway: Gateway }) {
  const setLimits = useAction(api.budgets.setGatewayLimits);
  const [open, setOpen] = useState<"limits" | "kill">();
  const { limits, usage, killedAt, concurrentRequestsMax } = gateway;
  const text = limitsText(limits);
  return (
    <TitledCard
      className="overflow-hidden"
      title="Gateway"
      description={`${text === "" ? "This" : `${text} · this`} deployment runs ${concurrentRequestsMax} requests at once`}
      action={
        <div className="flex gap-2">
          <Button size="sm" onClick={() => setOpen("limits")} aria-label="Edit the gateway’s limits">
            Edit limits
          </Button>
          {killedAt === undefined && (
            <Button size="sm" onClick={() => setOpen("kill")}>
              Stop everything
            </Button>
          )}
        </div>
      }
    >
      <div className="flex flex-col gap-5 p-5">
        {killedAt !== undefined && <Stopped since={killedAt} />}
        <SpendWindows usage={usage} />
      </div>
      {open === "limits" && (
        <LimitsDialog
          title="Limits of the gateway"
          limits={limits}
          onSave={(next) => setLimits({ limits: next })}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === "kill" && <StopDialog onClose={() => setOpen(undefined)} />}
    </TitledCard>
  );
}

function Stopped({ since }: { since: number }) {
  const resume = useMutation(api.budgets.resumeGateway);
  return (
    <Notice tone="warning">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <span>The gateway was stopped at {formatTime(since)} and refuses every request.</span>
        <Button
          size="sm"
          variant="primary"
          onClick={() =>
            void resume({}).then(
              () => toast("The gateway answers again."),
              (error: unknown) => toast.error(errorText(error)),
            )
          }
        >
          Resume the gateway
        </Button>
      </div>
    </Notice>
  );
}

function StopDialog({ onClose }: { onClose: () => void }) {
  const kill = useMutation(api.budgets.killGateway);
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title="Stop the whole gateway?"
      confirmLabel="Stop everything"
      errorText={errorText}
      onConfirm={async () => {
        await kill({});
      }}
    >
      Every request of every key and every chat is refused until somebody resumes it, and all answers that are
      being written end within six seconds.
    </ConfirmDialog>
  );
}

"use client";

import { useMutation, useQuery } from "convex/react";
import { useState } from "react";
import { toast } from "sonner";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { errorText } from "@/components/ui/errorText";
import { formatDurationMs, formatTime } from "@/components/ui/format/formatTime";
import { api } from "@/convex/_generated/api";
import { DELIVERY_STATES, type LoggedDelivery } from "./states";

/** One delivery: its state, its attempts on demand, and the button that sends it again. */
export function DeliveryRow({ delivery }: { delivery: LoggedDelivery }) {
  const redeliver = useMutation(api.deliveryLog.redeliverNow);
  const [isOpen, setIsOpen] = useState(false);
  const { deliveryId, type, to, status, attempts, createdAt, dueAt } = delivery;
  const { word, tone } = DELIVERY_STATES[status];
  async function send() {
    try {
      await redeliver({ deliveryId });
      toast("Sent again.");
    } catch (error) {
      toast.error(errorText(error));
    }
  }
  return (
    <li className="px-5 py-3 text-sm">
      <div className="flex flex-col gap-2 sm:flex-row sm:items-center sm:justify-between">
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-2">
            <span className="font-mono text-[0.8125rem]">{type}</span>
            <span className="min-w-0 truncate text-muted-foreground">to {to}</span>
            <Badge tone={tone} isPulsing={status === "sending"}>
              {word}
            </Badge>
          </p>
          <p className="mt-0.5 text-[0.8125rem] text-muted-foreground">
            {formatTime(createdAt)} · {attempts === 1 ? "1 attempt" : `${attempts} attempts`}
            {status === "pending" && attempts > 0 && ` · next ${formatTime(dueAt)}`}
          </p>
        </div>
        <div className="flex shrink-0 gap-2">
          <Button size="sm" variant="ghost" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
            Attempts
          </Button>
          <Button size="sm" disabled={status === "sending"} onClick={() => void send()}>
            Redeliver
          </Button>
        </div>
      </div>
      {isOpen && <Attempts deliveryId={deliveryId} />}
    </li>
  );
}

function Attempts({ deliveryId }: { deliveryId: LoggedDelivery["deliveryId"] }) {
  const attempts = useQuery(api.deliveryLog.attempts, { deliveryId });
  return (
    <ol
      aria-label="Attempts"
      className="mt-2 flex flex-col gap-2 border-l-2 border-border pl-3 text-[0.8125rem]"
    >
      {attempts?.length === 0 && <li className="text-muted-foreground">None yet.</li>}
      {attempts?.map(({ at, status, latencyMs, responseText, error }) => (
        <li key={at}>
          <p>
            {formatTime(at)} · {status === null ? (error ?? "no answer") : `HTTP ${status}`} ·{" "}
            {formatDurationMs(latencyMs)}
          </p>
          {responseText !== "" && (
            <p className="font-mono text-xs text-muted-foreground [overflow-wrap:anywhere]">{responseText}</p>
          )}
        </li>
      ))}
    </ol>
  );
}

"use client";

import { useMutation, useQuery } from "convex/react";
import { type ReactNode, useState } from "react";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { CodeBlock } from "@/components/ui/CodeBlock";
import { Dialog } from "@/components/ui/Dialog";
import { errorText } from "@/components/ui/errorText";
import { formatNanoUsdExact } from "@/components/ui/format/formatNanoUsd";
import { formatTime } from "@/components/ui/format/formatTime";
import { Notice } from "@/components/ui/Notice";
import { Skeleton } from "@/components/ui/Skeleton";
import { api } from "@/convex/_generated/api";
import { DeliveryRow } from "./DeliveryRow";
import { RUN_STATES } from "./states";
import { prettyJson } from "./TemplatePreview";

/** One event from its payload to its deliveries; it follows the run live. */
export function EventDialog({ runId, onClose }: { runId: string; onClose: () => void }) {
  const event = useQuery(api.events.get, { runId });
  return (
    <Dialog isOpen onClose={onClose} size="lg" title="Event" description={runId}>
      {event === undefined && <Skeleton className="h-40" />}
      {event === null && <Notice>This event was deleted: events are kept for 30 days.</Notice>}
      {event && (
        <div className="flex flex-col gap-5">
          {event.problem !== null && event.status !== "succeeded" && (
            <Notice tone={event.status === "failed" ? "danger" : "warning"}>
              <span className="font-medium">{event.problem.type}</span>: {event.problem.message}
            </Notice>
          )}
          <dl className="grid gap-x-8 text-sm sm:grid-cols-2">
            <Fact name="State">
              <Badge tone={RUN_STATES[event.status].tone}>{RUN_STATES[event.status].word}</Badge>
            </Fact>
            <Fact name="Received">{formatTime(event.receivedAt)}</Fact>
            <Fact name="Attempts">{event.attempts}</Fact>
            <Fact name="Cost">{formatNanoUsdExact(event.costNanoUsd)}</Fact>
            <Fact name="Sender’s id">{event.senderEventId ?? "–"}</Fact>
            <Fact name="Request id">{event.requestId ?? "–"}</Fact>
          </dl>
          {(event.status === "failed" || event.status === "ignored") && <RerunButton runId={runId} />}
          {event.answer !== null && <JsonPart title="Answer" json={event.answer} />}
          {event.payload !== null && <JsonPart title="Payload" json={event.payload} />}
          <Part title="Deliveries">
            {event.deliveries.length === 0 && <p className="text-sm text-muted-foreground">None.</p>}
            <ul className="divide-y divide-border">
              {event.deliveries.map((delivery) => (
                <DeliveryRow key={delivery.deliveryId} delivery={delivery} />
              ))}
            </ul>
          </Part>
        </div>
      )}
    </Dialog>
  );
}

function RerunButton({ runId }: { runId: string }) {
  const rerun = useMutation(api.events.rerun);
  const [refusal, setRefusal] = useState<string>();
  return (
    <div className="flex flex-col gap-2">
      <Button
        className="self-start"
        onClick={() => void rerun({ runId }).catch((error: unknown) => setRefusal(errorText(error)))}
      >
        Run again
      </Button>
      {refusal !== undefined && <Notice tone="danger">{refusal}</Notice>}
    </div>
  );
}

function JsonPart({ title, json }: { title: string; json: string }) {
  return (
    <Part title={title}>
      <CodeBlock code={prettyJson(json)} label={title.toLowerCase()} className="max-h-64 overflow-y-auto" />
    </Part>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 text-xs font-medium tracking-wide text-muted-foreground uppercase">{title}</h3>
      {children}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-h-9 items-center justify-between gap-4 border-b border-border py-1.5">
      <dt className="shrink-0 text-muted-foreground">{name}</dt>
      <dd className="min-w-0 text-right [overflow-wrap:anywhere]">{children}</dd>
    </div>
  );
}

"use client";

import { usePaginatedQuery, useQuery } from "convex/react";
import { Inbox } from "lucide-react";
import { useState } from "react";
import { Badge } from "@/components/ui/Badge";
import { Card } from "@/components/ui/Card";
import { EmptyState } from "@/components/ui/EmptyState";
import { formatNanoUsd } from "@/components/ui/format/formatNanoUsd";
import { formatTime } from "@/components/ui/format/formatTime";
import { Label } from "@/components/ui/Label";
import { Select } from "@/components/ui/Select";
import { ShowOlder } from "@/components/ui/ShowOlder";
import { api } from "@/convex/_generated/api";
import { EventDialog } from "./EventDialog";
import { RowsSkeleton } from "./RowsSkeleton";
import { StateFilter } from "./StateFilter";
import { type LoggedEvent, RUN_STATES } from "./states";
import { WebhookPage } from "./WebhookPage";

const PAGE_SIZE = 25;

/** What came in, live, and what became of it. */
export function EventsPanel() {
  return (
    <WebhookPage description="Every event and job, newest first: what came, what Claude answered, what it cost, where it went.">
      <EventList />
    </WebhookPage>
  );
}

function EventList() {
  const webhooks = useQuery(api.webhooks.list) ?? [];
  const [webhookId, setWebhookId] = useState<(typeof webhooks)[number]["webhookId"]>();
  const [status, setStatus] = useState<LoggedEvent["status"]>();
  const [openId, setOpenId] = useState<string>();
  const filter = { ...(webhookId !== undefined && { webhookId }), ...(status !== undefined && { status }) };
  const events = usePaginatedQuery(api.events.list, filter, { initialNumItems: PAGE_SIZE });
  return (
    <>
      <div className="mb-4 flex flex-wrap gap-4">
        <div className="flex items-center gap-2">
          <Label htmlFor="webhook-filter">Webhook</Label>
          <Select
            id="webhook-filter"
            value={webhookId ?? ""}
            onChange={({ target }) =>
              setWebhookId(webhooks.find((each) => each.webhookId === target.value)?.webhookId)
            }
          >
            <option value="">All, and jobs</option>
            {webhooks.map((each) => (
              <option key={each.webhookId} value={each.webhookId}>
                {each.name}
              </option>
            ))}
          </Select>
        </div>
        <StateFilter states={RUN_STATES} value={status} onChange={setStatus} />
      </div>
      <Card aria-label="Events" className="overflow-hidden">
        {events.status === "LoadingFirstPage" && <RowsSkeleton label="Loading events" />}
        {events.status === "Exhausted" && events.results.length === 0 && (
          <EmptyState icon={Inbox} title="No events here">
            Send one to a webhook’s URL. It shows up here within a second.
          </EmptyState>
        )}
        <ul className="divide-y divide-border">
          {events.results.map((event) => (
            <EventItem key={event.runId} event={event} onOpen={() => setOpenId(event.runId)} />
          ))}
        </ul>
        <ShowOlder status={events.status} onMore={() => events.loadMore(PAGE_SIZE)}>
          Show older events
        </ShowOlder>
      </Card>
      {openId !== undefined && <EventDialog runId={openId} onClose={() => setOpenId(undefined)} />}
    </>
  );
}

function EventItem({ event, onOpen }: { event: LoggedEvent; onOpen: () => void }) {
  const { word, tone } = RUN_STATES[event.status];
  const source = event.webhookName ?? (event.webhookId === null ? "Job" : "Removed webhook");
  return (
    <li>
      <button
        type="button"
        onClick={onOpen}
        className="flex w-full flex-col gap-1.5 px-5 py-3 text-left text-sm hover:bg-muted/60 focus-visible:-outline-offset-2 sm:flex-row sm:items-center sm:gap-4"
      >
        <span className="flex min-w-0 flex-1 items-center gap-2">
          <span className="truncate font-medium">{source}</span>
          <span className="truncate text-muted-foreground">{event.eventType}</span>
        </span>
        <span className="flex items-center gap-4">
          <span className="w-24 sm:text-right">
            <Badge tone={tone} isPulsing={event.status === "running"}>
              {word}
            </Badge>
          </span>
          <span className="w-20 text-right tabular-nums">{formatNanoUsd(event.costNanoUsd)}</span>
          <time className="flex-1 text-right text-muted-foreground tabular-nums sm:w-36 sm:flex-none">
            {formatTime(event.receivedAt)}
          </time>
        </span>
      </button>
    </li>
  );
}

"use client";

import { usePaginatedQuery } from "convex/react";
import { Send } from "lucide-react";
import { useState } from "react";
import { Card } from "@/components/ui/Card";
import { EmptyState } from "@/components/ui/EmptyState";
import { ShowOlder } from "@/components/ui/ShowOlder";
import { api } from "@/convex/_generated/api";
import { DeliveryRow } from "./DeliveryRow";
import { RowsSkeleton } from "./RowsSkeleton";
import { StateFilter } from "./StateFilter";
import { DELIVERY_STATES, type LoggedDelivery } from "./states";
import { WebhookPage } from "./WebhookPage";

const PAGE_SIZE = 25;

/** The delivery log: every message to every destination. */
export function DeliveriesPanel() {
  return (
    <WebhookPage description="Every message that left or waits: retried for three days, under the same id, until the receiver answers 2xx.">
      <DeliveryList />
    </WebhookPage>
  );
}

function DeliveryList() {
  const [status, setStatus] = useState<LoggedDelivery["status"]>();
  const deliveries = usePaginatedQuery(api.deliveryLog.list, status === undefined ? {} : { status }, {
    initialNumItems: PAGE_SIZE,
  });
  return (
    <>
      <div className="mb-4 flex">
        <StateFilter states={DELIVERY_STATES} value={status} onChange={setStatus} />
      </div>
      <Card aria-label="Deliveries" className="overflow-hidden">
        {deliveries.status === "LoadingFirstPage" && <RowsSkeleton label="Loading deliveries" />}
        {deliveries.status === "Exhausted" && deliveries.results.length === 0 && (
          <EmptyState icon={Send} title="No deliveries here">
            Answers of webhooks with a destination, and events that a destination subscribes to, show up here.
          </EmptyState>
        )}
        <ul className="divide-y divide-border">
          {deliveries.results.map((delivery) => (
            <DeliveryRow key={delivery.deliveryId} delivery={delivery} />
          ))}
        </ul>
        <ShowOlder status={deliveries.status} onMore={() => deliveries.loadMore(PAGE_SIZE)}>
          Show older deliveries
        </ShowOlder>
      </Card>
    </>
  );
}

"use client";

import { useConvex } from "convex/react";
import { useMemo, useSyncExternalStore } from "react";
import { type AnswerSnapshot, EMPTY_ANSWER } from "./answerAccumulator";
import { answerStream } from "./answerStreams";

const NO_STREAM = { subscribe: () => () => {}, getSnapshot: () => EMPTY_ANSWER };

/** An answer while it is generated; empty when `requestId` is null. Changes at most once per frame. */
export function useAnswer(requestId: string | null): AnswerSnapshot {
  const client = useConvex();
  const stream = useMemo(
    () => (requestId === null ? NO_STREAM : answerStream(client, requestId)),
    [client, requestId],
  );
  return useSyncExternalStore(stream.subscribe, stream.getSnapshot, () => EMPTY_ANSWER);
}

import type { ConvexReactClient } from "convex/react";
import { api } from "@/convex/_generated/api";
import { AnswerStream } from "./answerStream";

const streams = new Map<string, AnswerStream>();

/** The answer of a request, shared by everything in this tab that shows it. */
export function answerStream(client: ConvexReactClient, requestId: string): AnswerStream {
  const known = streams.get(requestId);
  if (known !== undefined) return known;
  const stream = new AnswerStream(
    (fromIndex) => client.watchQuery(api.streamPages.list, { requestId, fromIndex }),
    () => streams.delete(requestId),
  );
  streams.set(requestId, stream);
  return stream;
}

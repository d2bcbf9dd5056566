"use client";

import { newSentences } from "./newSentences";

/** Reads an answer out to screen readers, a sentence at a time while it comes. Renders nothing to be seen. */
export function AnswerAnnouncer({ text, isStreaming }: { text: string; isStreaming: boolean }) {
  return (
    <div aria-live="polite" aria-relevant="additions" className="sr-only">
      {isStreaming && newSentences(text).map(({ at, sentence }) => <p key={at}>{sentence}</p>)}
    </div>
  );
}

import type { AnswerPage, PageCursor } from "./pageCursor";

/** Some pages in order; `isDone` once nothing follows them. */
export type PagesResult = { pages: readonly AnswerPage[]; isDone: boolean };

/** A subscription to `streamPages.list`, as `ConvexReactClient.watchQuery` makes one. */
export type PagesWatch = {
  localQueryResult(): PagesResult | undefined;
  onUpdate(callback: () => void): () => void;
};

/**
 * Hands on the text of an answer's pages as they are written. The subscription moves past what was read, so a page is
 * sent to the browser about once however long the answer gets.
 *
 * @returns a function that ends the subscription; the cursor keeps its place for the next one.
 */
export function followPages(
  watchFrom: (fromIndex: number) => PagesWatch,
  cursor: PageCursor,
  { onText, onFailure }: { onText: (text: string) => void; onFailure: (error: Error) => void },
): () => void {
  let unsubscribe = () => {};
  let isEnded = false;

  const end = () => {
    if (isEnded) return; // Convex's subscriptions throw when they are left twice.
    isEnded = true;
    unsubscribe();
  };

  const subscribe = () => {
    const leave = unsubscribe;
    const watch = watchFrom(cursor.fromIndex());
    unsubscribe = watch.onUpdate(() => receive(watch));
    leave();
    receive(watch);
  };

  const receive = (watch: PagesWatch) => {
    if (isEnded) return;
    const result = readResult(watch, onFailure);
    if (result === undefined) return;
    const text = cursor.take(result.pages);
    if (text !== "") onText(text);
    if (result.isDone) end();
    else if (text !== "") subscribe();
  };

  subscribe();
  return end;
}

function readResult(watch: PagesWatch, onFailure: (error: Error) => void): PagesResult | undefined {
  try {
    return watch.localQueryResult();
  } catch (error) {
    onFailure(error instanceof Error ? error : new Error(String(error)));
    return undefined;
  }
}

/** A page of a durable answer, as `streamPages.list` returns it. */
export type AnswerPage = { index: number; text: string };

export type PageCursor = {
  /** The first page that has not been taken. */
  fromIndex(): number;
  /** The text of the pages that follow what was taken, in order; "" when there is none. */
  take(pages: readonly AnswerPage[]): string;
};

/** Takes every page exactly once and in order, whatever overlap or gap the results have. */
export function createPageCursor(): PageCursor {
  let next = 0;
  return {
    fromIndex: () => next,
    take(pages) {
      let text = "";
      for (const page of [...pages].sort((a, b) => a.index - b.index)) {
        if (page.index !== next) continue;
        text += page.text;
        next += 1;
      }
      return text;
    },
  };
}

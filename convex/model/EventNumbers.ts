const EVENT_END = /\n\n|\r\r|\r\n\r\n/g;
const ID_LINE = /^id: (\d+)\n/;

/**
 * Leaves out of stored pages the events up to a number. Pages are cut anywhere, so an event that is not whole yet
 * is kept back until the page that ends it.
 */
export class EventNumbers {
  private pending = "";

  constructor(private readonly after: number) {}

  /** The whole events of the pages so far that were not returned yet and come after the number. */
  newer(page: string): string {
    this.pending += page;
    let newer = "";
    let start = 0;
    for (const { index, 0: end } of this.pending.matchAll(EVENT_END)) {
      const event = this.pending.slice(start, index + end.length);
      start = index + end.length;
      // Only the gateway's own last error has no number.
      const id = ID_LINE.exec(event)?.[1];
      newer += id === undefined || Number(id) > this.after ? event : "";
    }
    this.pending = this.pending.slice(start);
    return newer;
  }
}

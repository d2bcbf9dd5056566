/** What a dispatcher needs to know of its queue. */
export interface DispatchedQueue<Item> {
  /** How many items are worked on at once, in all. */
  atOnce: number;
  /** How long one dispatcher takes new work before it hands over; an action may not run for ever. */
  claimsForMs: number;
  /** Takes up to `room` due items, going round the lanes from the one after `after`. */
  claim: (room: number, after: string) => Promise<Claimed<Item>>;
  work: (item: Item, signal: AbortSignal) => Promise<void>;
  /** Keeps the claims of items in progress, and the dispatcher's own lease; returns the items that must stop. */
  renew: (items: Item[]) => Promise<Item[]>;
  /** Ends the dispatcher when nothing is due; false when there is more to do. */
  sleep: () => Promise<boolean>;
  handOver: () => Promise<void>;
}

export interface Claimed<Item> {
  items: Item[];
  after: string;
  /** Another dispatcher took over: this one only finishes what it has. */
  isSuperseded: boolean;
}

/** How soon a free place is filled while others are busy. */
const POLL_MS = 400;
/** Ends that come close together are followed by one claim. */
const GATHER_MS = 15;
const RENEW_EVERY_MS = 5_000;

/** Works a queue off until it is empty or the time is up. Rejects when the database cannot be reached. */
export async function drainQueue<Item>(queue: DispatchedQueue<Item>): Promise<void> {
  const startedAt = Date.now();
  const inFlight = new Map<Item, { done: Promise<void>; abort: AbortController }>();
  let renewedAt = startedAt;
  let after = "";
  let isClaiming = true;
  for (;;) {
    if (isClaiming && inFlight.size < queue.atOnce) {
      const claimed = await queue.claim(queue.atOnce - inFlight.size, after);
      after = claimed.after;
      isClaiming = !claimed.isSuperseded;
      for (const item of claimed.items) {
        inFlight.set(
          item,
          begin(queue, item, () => inFlight.delete(item)),
        );
      }
    }
    if (isClaiming && Date.now() - startedAt > queue.claimsForMs) {
      isClaiming = false;
      await queue.handOver();
    }
    if (inFlight.size === 0 && (!isClaiming || (await queue.sleep()))) return;
    await Promise.race([
      ...[...inFlight.values()].map(({ done }) => done),
      pause(inFlight.size === 0 ? 0 : POLL_MS),
    ]);
    await pause(GATHER_MS);
    if (Date.now() - renewedAt > RENEW_EVERY_MS) {
      renewedAt = Date.now();
      for (const item of await queue.renew([...inFlight.keys()])) inFlight.get(item)?.abort.abort();
    }
  }
}

function begin<Item>(queue: DispatchedQueue<Item>, item: Item, end: () => void) {
  const abort = new AbortController();
  const done = queue
    .work(item, abort.signal)
    // Its claim runs out and it is tried again; the other items go on.
    .catch((error: unknown) => console.error("a queued item could not be finished", error))
    .finally(end);
  return { done, abort };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

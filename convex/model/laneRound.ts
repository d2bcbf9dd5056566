/** Lanes looked at in one claim: each costs a read. */
const LANES_MAX = 40;

interface Lanes<Item> {
  /** The first lane after this one that has something waiting; null at the end. */
  nextAfter: (lane: string) => Promise<string | null>;
  /** Up to `count` due items of a lane, and only as many as may run at once. */
  take: (lane: string, count: number) => Promise<Item[]>;
}

/**
 * Takes items from the lanes in turn, beginning after the lane that was served last, so that neither a lane at its
 * limit nor a long one keeps the others waiting.
 */
export async function takeFromLanes<Item>(
  lanes: Lanes<Item>,
  room: number,
  after: string,
): Promise<{ items: Item[]; after: string }> {
  const items: Item[] = [];
  const seen = new Set<string>();
  let last = after;
  let hasWrapped = false;
  while (items.length < room && seen.size < LANES_MAX) {
    const lane = await lanes.nextAfter(last);
    if (lane === null) {
      if (hasWrapped) break;
      hasWrapped = true;
      last = "";
      continue;
    }
    if (seen.has(lane)) break;
    seen.add(lane);
    items.push(...(await lanes.take(lane, room - items.length)));
    last = lane;
  }
  return { items, after: last };
}

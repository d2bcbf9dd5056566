import { afterEach, expect, test, vi } from "vitest";
import { LedgerHistory, type Random } from "./ledgerHistory.setup";

// A test runs in Node, not on the deployment.
// eslint-disable-next-line @convex-dev/no-process-env
const { GATEWAY_TEST_FULL, GATEWAY_TEST_SEED } = process.env;
const HISTORIES = GATEWAY_TEST_FULL ? 100_000 : 2_000;
const REQUESTS = 12;
const CAPACITY = 8;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Mulberry32: small, and the same everywhere. */
function seededRandom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, below: (count) => Math.floor(next() * count), chance: (ratio) => next() < ratio };
}

async function runHistory(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const history = new LedgerHistory(random, CAPACITY);
  vi.spyOn(Date, "now").mockImplementation(() => history.clock());
  vi.spyOn(Math, "random").mockImplementation(() => random.next());
  vi.stubEnv("GATEWAY_CONCURRENT_REQUESTS", String(CAPACITY));
  await history.run(REQUESTS);
}

// `GATEWAY_TEST_SEED=123 npx vitest run convex/ledgerHistories.test.ts` replays one.
test(`no budget, slot or sum is ever wrong at any commit of ${HISTORIES} seeded histories`, async () => {
  const seeds =
    GATEWAY_TEST_SEED === undefined
      ? Array.from({ length: HISTORIES }, (_, n) => n + 1)
      : [Number(GATEWAY_TEST_SEED)];
  const failures: string[] = [];
  for (const seed of seeds) {
    await runHistory(seed).catch((error: Error) => failures.push(`seed ${seed}: ${error.message}`));
    if (failures.length === 3) break;
  }
  expect(failures).toEqual([]);
}, 3_600_000);

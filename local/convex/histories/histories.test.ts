import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "vitest";
import { openStore } from "../store/openStore.ts";
import type { Store } from "../store/types.ts";
import { runHistory } from "./runHistory.ts";

/** Prints its seed when it fails: `HISTORY_SEED=<seed> npx vitest run local/convex/histories` runs that one alone. */
const onlySeed = process.env.HISTORY_SEED;
const COUNT = process.env.GATEWAY_TEST_FULL === "1" ? 100_000 : 2_000;
/** Histories of one test, on a store of their own. */
const CHUNK = 2_000;
/** One history in so many has a restart, and a file of its own. */
const PER_RESTART = 20;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "histories-"));
  shared = open(":memory:");
});
afterEach(async () => {
  await shared.close();
  await rm(directory, { recursive: true });
});

/** One that serves many histories, to spend the time on these. */
let shared: Store;
let time = 1_000_000_000_000;
const open = (path: string) => openStore({ path, now: () => time++ });

async function run(seed: number): Promise<void> {
  const files = join(directory, "files");
  try {
    if (seed % PER_RESTART !== 0) {
      await runHistory(seed, { open: () => shared, reopen: null, directory: files });
      return;
    }
    const path = join(directory, `${seed}.sqlite`);
    let store = open(path);
    const reopen = async () => {
      await store.close();
      store = open(path);
      return store;
    };
    await runHistory(seed, { open: () => store, reopen, directory: files });
    await store.close();
  } catch (error) {
    throw new Error(`History ${seed} failed. Run it again with HISTORY_SEED=${seed}.`, { cause: error });
  }
}

const starts =
  onlySeed === undefined
    ? Array.from({ length: COUNT / CHUNK }, (_, index) => index * CHUNK + 1)
    : [onlySeed];
test.each(starts.map(Number))(
  "histories from %i on are serializable, exactly once, and every client sees consistent results that converge",
  async (first) => {
    const last = onlySeed === undefined ? first + CHUNK - 1 : first;
    for (let seed = first; seed <= last; seed++) await run(seed);
  },
  120_000,
);

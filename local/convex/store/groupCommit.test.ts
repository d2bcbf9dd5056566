import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { openStore } from "./openStore.ts";
import { collect, indexRange, openTestStore, tableScan, temporaryPath, values } from "./testStore.ts";
import type { Reader } from "./types.ts";

describe("transactions", () => {
  test("run one at a time in the order of their calls, whatever they await", async () => {
    const store = openTestStore();
    const log: string[] = [];
    const step = (name: string) => async () => {
      log.push(`${name} starts`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${name} ends`);
    };
    await Promise.all([store.transact(step("a")), store.read(step("b")), store.transact(step("c"))]);
    expect(log).toEqual(["a starts", "a ends", "b starts", "b ends", "c starts", "c ends"]);
  });

  test("are not cut in two by a commit that falls due while they run", async () => {
    const store = openTestStore();
    const first = store.transact((writer) => writer.insert("t", { n: 1 }));
    const second = store.transact(async (writer) => {
      writer.insert("t", { n: 2 });
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error("late");
    });
    await first;
    await expect(second).rejects.toThrow("late");
    expect(await store.read(numbers)).toEqual([1]);
  });

  test("of one turn share one commit, and a failing one takes nothing else with it", async () => {
    const store = openTestStore();
    const commits: bigint[] = [];
    store.onCommit(({ ts }) => commits.push(ts));
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map((n) =>
        store.transact((writer) => {
          writer.insert("t", { n });
          if (n === 2) throw new Error("two");
          return commits.length;
        }),
      ),
    );
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[2]).toMatchObject({ value: { result: 0 } });
    expect(await store.read(numbers)).toEqual([1, 3]);
    expect(commits).toHaveLength(2);
    expect(store.latestTs).toBe(commits[1]);
  });

  test("share one commit over a few turns while each turn brings another", async () => {
    const store = openTestStore();
    const order: string[] = [];
    const insert = (name: string) =>
      store.transact((writer) => writer.insert("t", {})).then(() => order.push(`${name} is durable`));
    const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
    const inserts = [insert("a"), insert("b")];
    await nextTurn();
    order.push("c comes");
    inserts.push(insert("c"));
    await Promise.all(inserts);
    inserts.push(insert("d"));
    await nextTurn();
    await nextTurn();
    order.push("e comes");
    await Promise.all([...inserts, insert("e")]);
    expect(order).toEqual([
      "c comes",
      ...["a", "b", "c"].map((name) => `${name} is durable`),
      "d is durable",
      "e comes",
      "e is durable",
    ]);
  });

  test("resolve only after the commit of everything they saw", async () => {
    const store = openTestStore();
    const order: string[] = [];
    store.onCommit(() => order.push("durable"));
    await Promise.all([
      store.transact((writer) => writer.insert("t", { n: 1 })).then(() => order.push("mutation")),
      store.read(numbers).then((seen) => order.push(`read ${seen.join()}`)),
      store
        .transact((writer) => {
          throw new Error(`saw ${writer.count("t")}`);
        })
        .catch((error: Error) => order.push(error.message)),
    ]);
    expect(order).toEqual(["durable", "mutation", "read 1", "saw 1"]);
  });

  test("tell listeners the written keys until they unsubscribe", async () => {
    const store = openTestStore();
    const seen: number[] = [];
    const stop = store.onCommit((commit) => seen.push(commit.writes.length));
    await store.transact((writer) => writer.insert("t", {}));
    await store.transact((writer) => writer.setState("key", "value"));
    stop();
    await store.transact((writer) => writer.insert("t", {}));
    expect(seen).toEqual([2, 0]);
  });

  test("are refused after close", async () => {
    const store = openTestStore();
    await store.close();
    await expect(store.read(numbers)).rejects.toThrow("The store is closed.");
  });
});

describe("after a restart", () => {
  test("timestamps, creation times and table numbers go on where they ended, also when the clock went back", async () => {
    const path = temporaryPath();
    const store = openTestStore({ path, now: () => 2_000_000 });
    const before = await store.transact((writer) => [
      writer.insert("t", { n: 1 }),
      writer.insert("t", { n: 2 }),
    ]);
    await store.transact((writer) => writer.setState("key", "value"));
    const { latestTs } = store;
    await store.close();
    const reopened = openTestStore({ path, now: () => 1_000_000 });
    expect(reopened.latestTs).toBeGreaterThan(latestTs);
    const after = await reopened.transact((writer) => writer.insert("u", { n: 3 }));
    expect(after.ts).toBeGreaterThan(latestTs);
    await reopened.read((reader) => {
      const documents = [...collect(reader, tableScan("t")), ...collect(reader, tableScan("u"))];
      const times = values(documents, "_creationTime").map(Number);
      expect(times).toEqual([...new Set(times)].sort((left, right) => left - right));
      expect(values(documents, "_id")).toEqual([...before.result, after.result]);
      expect(reader.normalizeId("t", after.result)).toBeNull();
      expect(reader.getState("key")).toBe("value");
    });
  });

  test("session results are found again", async () => {
    const path = temporaryPath();
    const store = openTestStore({ path });
    await store.transact((writer) => writer.recordSessionResult("session", 7, '{"ok":true}'));
    await store.close();
    const reopened = openTestStore({ path });
    expect(reopened.sessionResult("session", 7)).toBe('{"ok":true}');
    expect(reopened.sessionResult("session", 8)).toBeNull();
  });

  test("a file that is open elsewhere is refused", () => {
    const path = temporaryPath();
    openTestStore({ path });
    expect(() => openStore({ path })).toThrow(`Cannot open the database ${path}: database is locked`);
  });
});

describe("a process that is killed", () => {
  test("has lost no acknowledged mutation and kept no half of one, ten times over", async () => {
    const path = temporaryPath();
    let acknowledged = 0;
    for (let kill = 0; kill < 10; kill += 1) {
      const { child, lines } = startWriter(path, []);
      let remaining = 5 + kill * 3;
      for await (const line of lines) {
        acknowledged = Number(line);
        remaining -= 1;
        if (remaining === 0) child.kill("SIGKILL");
      }
    }
    const store = openTestStore({ path });
    const kept = await store.read((reader) => {
      const inserted = values(collect(reader, indexRange("pairs.by_n")), "n").map(Number);
      expect(inserted).toEqual(inserted.map((_, index) => Math.floor(index / 2) + 1));
      expect(inserted.length % 2).toBe(0);
      expect(reader.getState("last")).toBe(String(inserted.at(-1)));
      return inserted.at(-1) ?? 0;
    });
    expect(kept).toBeGreaterThanOrEqual(acknowledged);
    expect(acknowledged).toBeGreaterThan(100);
  }, 60_000);
});

describe.skipIf(process.platform === "win32")("a commit that fails", () => {
  test("rejects every mutation and read of its group, leaves none visible, and the store goes on", async () => {
    const path = temporaryPath();
    const { child, lines } = startWriter(path, ["full"]);
    let report: Record<string, unknown> = {};
    for await (const line of lines) report = JSON.parse(line) as Record<string, unknown>;
    if (child.exitCode === null) await once(child, "exit");
    expect(report).toMatchObject({
      group: ["rejected", "rejected", "rejected", "rejected"],
      acknowledged: expect.any(Number),
      countAfter: report.acknowledged,
      tablesAfter: ["pairs"],
      stateAfter: String(report.acknowledged),
    });
    const store = openTestStore({ path });
    expect(await store.read((reader) => reader.count("pairs"))).toBe(report.acknowledged);
  }, 60_000);
});

function numbers(reader: Reader): unknown[] {
  return values(collect(reader, tableScan("t")), "n");
}

/** Runs `testWriter.ts` in a process of its own; with "full" it may not write files beyond 2 MiB. */
function startWriter(path: string, mode: string[]): { child: ChildProcess; lines: AsyncIterable<string> } {
  const script = fileURLToPath(new URL("./testWriter.ts", import.meta.url));
  const command = [process.execPath, "--import", "tsx", script, path, ...mode];
  const limit = mode.length > 0 ? "ulimit -f 2048; " : "";
  const child = spawn("bash", ["-c", `${limit}exec "$@"`, "bash", ...command], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return { child, lines: createInterface({ input: child.stdout }) };
}

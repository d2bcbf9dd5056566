/** A process that writes until it is killed, or until the disk is full: `testWriter.ts <path> [full]`. */
import { openStore } from "./openStore.ts";
import type { SchemaDefinition, Store, Writer } from "./types.ts";

const SCHEMA: SchemaDefinition = {
  schemaValidation: true,
  tables: [
    {
      tableName: "pairs",
      indexes: [{ indexDescriptor: "by_n", fields: ["n"] }],
      searchIndexes: [],
      vectorIndexes: [],
      documentType: null,
    },
  ],
};

/** Each mutation writes two documents and the state; each number is printed once its mutation is durable. */
async function writeUntilKilled(store: Store): Promise<void> {
  for (let n = Number(store.getState("last") ?? 0) + 1; ; ) {
    const group = [n, n + 1, n + 2].map((each) =>
      store.transact(async (writer) => {
        writer.insert("pairs", { n: each });
        await Promise.resolve();
        writer.insert("pairs", { n: each });
        writer.setState("last", String(each));
      }),
    );
    await Promise.all(group);
    n += group.length;
    process.stdout.write(`${n - 1}\n`);
  }
}

/** Reports the outcome of the first group after a commit has failed, and what is visible then. */
async function writeUntilFull(store: Store): Promise<void> {
  let acknowledged = 0;
  const insert = (table: string) => (writer: Writer) => {
    writer.insert(table, { filler: "x".repeat(20_000) });
    writer.setState("last", String(acknowledged + 1));
  };
  try {
    for (;;) {
      await store.transact(insert("pairs"));
      acknowledged += 1;
    }
  } catch {
    const group = await Promise.allSettled([
      store.transact(insert("pairs")),
      store.transact(insert("new")),
      store.transact(insert("newer")),
      store.read((reader) => reader.count("pairs")),
    ]);
    const after = await store.read((reader) => ({
      countAfter: reader.count("pairs"),
      tablesAfter: reader.tableNames(),
      stateAfter: reader.getState("last"),
    }));
    const report = { acknowledged, group: group.map((each) => each.status), ...after };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
}

const [path = "", mode] = process.argv.slice(2);
const store = openStore({ path });
await store.transact((writer) => store.applySchema(writer, SCHEMA));
await (mode === "full" ? writeUntilFull(store) : writeUntilKilled(store));
